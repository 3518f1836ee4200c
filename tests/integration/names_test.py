"""Names, through dnsmasq: found, not found, without an address, a resolver that fails."""

import socket
import unittest

from realservers import tracer
from realservers.case import Fleet
from realservers.names import Dnsmasq
from realservers.web import Nginx, Vhost


class Names(Fleet):
    @classmethod
    def make_servers(cls):
        address = cls.site.address
        leaf = cls.pki.leaf("web", sans=["DNS:web.test", "DNS:alias.test"])
        cls.port = cls.site.port()
        cls.nginx = Nginx(cls.site, [Vhost(cls.port, leaf)])
        cls.dnsmasq = Dnsmasq(cls.site, [
            f"host-record=web.test,{address}",
            "cname=alias.test,web.test",
            # Of two addresses one refuses; which comes first is the resolver's whim.
            f"host-record=many.test,{address}", "host-record=many.test,127.0.0.9",
            f"host-record=both.test,{address},::1",
            "host-record=six.test,::1",
            "txt-record=text-only.test,no address here",
            # Answers NXDOMAIN to the AAAA question of a name that has an A record, as some
            # resolvers do.
            f"address=/quirky.test/{address}"])
        return [cls.nginx, cls.dnsmasq]

    def ask(self, *monitors):
        resolver = f"{self.site.address}:{self.dnsmasq.ports['dns']}"
        return self.sweep(self.site, list(monitors), "--resolver", resolver)

    def named(self, host, **settings):
        return {"name": host, "host": host, "port": self.nginx.ports["http"], "timeout": "3s",
                **settings}

    def test_names_that_resolve(self):
        results = self.ask(*(self.named(host) for host in (
            "web.test", "alias.test", "many.test", "quirky.test")))
        for host, result in results.items():
            with self.subTest(host):
                self.assert_up(result)
                self.assertEqual(result["address"], self.site.address)
                self.assertIsNotNone(result["timings_ms"]["dns"])

    def test_the_name_is_what_a_certificate_is_verified_for(self):
        tls = {"enabled": True, "ca_file": self.pki.ca_file}
        results = self.ask(
            self.named("web.test", port=self.port, tls=tls),
            self.named("alias.test", port=self.port, tls=tls),
            self.named("many.test", port=self.port, tls=tls))
        self.assert_up(results["web.test"])
        self.assert_up(results["alias.test"])
        self.assert_down(results["many.test"], "certificate_name_mismatch")

    def test_names_that_do_not_exist(self):
        results = self.ask(self.named("nowhere.test"), self.named("tracer.invalid"))
        for result in results.values():
            self.assert_down(result, "dns_not_found", "dns")
            self.assertIsNone(result["address"])
        self.assertEqual(self.status, 1)

    def test_names_without_an_address(self):
        results = self.ask(self.named("text-only.test"), self.named("six.test", ip_family="4"),
                           self.named("web.test", ip_family="6"))
        for result in results.values():
            self.assert_down(result, "dns_no_address", "dns")

    def test_a_resolver_that_fails(self):
        result = self.ask(self.named("a.broken.test"))["a.broken.test"]
        self.assert_down(result, "dns_server_failure", "dns")

    def test_a_resolver_that_is_silent_is_no_fault_of_the_target(self):
        result = self.ask(self.named("a.silent.test", timeout="1s"))["a.silent.test"]
        self.assertEqual(result["verdict"], "unknown", tracer.summary(result))
        self.assertEqual(result["failure"]["code"], "dns_timeout")

    def test_family_six(self):
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
            port = listener.getsockname()[1]
            results = self.ask(
                self.named("six.test", port=port), self.named("both.test", port=port),
                {**self.named("both.test", ip_family="4"), "name": "four"},
                {"name": "literal", "host": "::1", "port": port},
                {"name": "brackets", "host": "[::1]", "port": port})
            for name in ("six.test", "both.test", "literal", "brackets"):
                with self.subTest(name):
                    self.assert_up(results[name])
                    self.assertEqual(results[name]["address"], "::1")
                    self.assertEqual(results[name]["ip_family"], 6)
            self.assertEqual(results["four"]["ip_family"], 4)

    def test_all_addresses_are_probed_when_asked_for(self):
        result = self.ask(self.named("many.test", addresses="all"))["many.test"]
        self.assert_down(result, "connection_refused", "connect")
        self.assertEqual(result["address"], "127.0.0.9")


if __name__ == "__main__":
    unittest.main(verbosity=2)
