"""Field by field: what tracer reports of certificates and handshakes, and what openssl prints."""

import datetime
import unittest

from realservers import openssl_facts, tracer
from realservers.case import Fleet
from realservers.web import GnutlsServer, Nginx, Vhost

KEYS = ("RSA", "RSA-3072", "P-256", "P-384", "P-521", "Ed25519")
TLS12_SUITES = ("ECDHE-{}-AES128-GCM-SHA256", "ECDHE-{}-AES256-GCM-SHA384",
                "ECDHE-{}-CHACHA20-POLY1305", "ECDHE-{}-AES128-SHA")
TLS13_SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256")
CURVES = ("prime256v1", "secp384r1", "secp521r1", "X25519")


def days_until(rfc3339):
    end = datetime.datetime.strptime(rfc3339, "%Y-%m-%dT%H:%M:%S.000Z")
    left = end.replace(tzinfo=datetime.timezone.utc) - datetime.datetime.now(datetime.timezone.utc)
    return int(left.total_seconds() / 86400)  # int() rounds towards zero


class CertificateFacts(Fleet):
    @classmethod
    def make_servers(cls):
        cls.ports = {}
        vhosts = []

        def add(name, leaf, protocols, **options):
            cls.ports[name] = cls.site.port()
            vhosts.append(Vhost(cls.ports[name], leaf, protocols, **options))

        leaves = {key: cls.pki.leaf(f"key-{key}", key=key) for key in KEYS}
        for key, leaf in leaves.items():
            for version in ("TLSv1.2", "TLSv1.3"):
                add(f"{key} {version}", leaf, version)
        for suite in TLS12_SUITES:
            add(suite.format("RSA"), leaves["RSA"], "TLSv1.2", suite=suite.format("RSA"))
            add(suite.format("ECDSA"), leaves["P-256"], "TLSv1.2", suite=suite.format("ECDSA"))
        for suite in TLS13_SUITES:
            add(suite, leaves["P-256"], "TLSv1.3", suite=suite)
        for curve in CURVES:
            add(f"{curve} TLSv1.2", leaves["RSA"], "TLSv1.2", curve=curve)
            add(f"{curve} TLSv1.3", leaves["P-384"], "TLSv1.3", curve=curve)
        cls.add_unusual(add)
        cls.gnutls = GnutlsServer(cls.site, leaves["RSA"])
        cls.ports["gnutls"] = cls.gnutls.ports["tls"]
        return [Nginx(cls.site, vhosts), cls.gnutls]

    @classmethod
    def add_unusual(cls, add):
        host = f"DNS:{cls.pki.host}"
        add("names", cls.pki.leaf("names", sans=[
            host, "DNS:*.wild.test", "DNS:xn--bcher-kva.test", "IP:192.0.2.7", "IP:2001:db8::7",
            "email:ops@tracer.test", "URI:https://tracer.test/x"]), "TLSv1.3")
        add("subject", cls.pki.leaf(
            "subject", subject='/C=DE/O=Müller, Söhne \\+ Co/OU="quoted"/CN=tracer.test'),
            "TLSv1.3")
        add("signed-by-rsa", cls.pki.leaf("by-rsa", issuer=cls.pki.rsa_intermediate), "TLSv1.3")
        add("signed-by-ed25519", cls.pki.leaf(
            "by-ed25519", issuer=cls.pki.ed25519_intermediate), "TLSv1.3")
        add("self-signed-rsa", cls.pki.self_signed("self-rsa", key="RSA"), "TLSv1.2")
        add("long-lived", cls.pki.leaf("long-lived", ends_in_days=40 * 365), "TLSv1.3")
        add("no-san", cls.pki.leaf("no-san", sans=[]), "TLSv1.3")
        add("last-day", cls.pki.leaf("last-day", ends_in_days=0.5), "TLSv1.3")
        add("just-expired", cls.pki.leaf("just-expired", ends_in_days=-0.5), "TLSv1.3")
        add("leaf-alone", cls.pki.leaf("leaf-alone"), "TLSv1.3", presents="cert")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        monitors = [{"name": name, "host": cls.site.address, "port": port,
                     "tls": {"enabled": True, "verify": False, "ca_file": cls.pki.ca_file,
                             "server_name": cls.pki.host}}
                    for name, port in cls.ports.items()]
        cls.status, cls.results = tracer.sweep(cls.site, monitors)
        cls.opinions = {
            name: openssl_facts.handshake(cls.site.address, port, cls.pki.host)
            for name, port in cls.ports.items()}

    def each(self):
        for name in self.ports:
            with self.subTest(name):
                result = self.results[name]
                self.assertIsNotNone(result["certificate"], result["failure"])
                yield name, result, self.opinions[name]

    def test_facts_of_every_presented_certificate(self):
        for _, result, opinion in self.each():
            chain = result["certificate"]["chain"]
            self.assertEqual(len(chain), len(opinion["chain"]))
            for reported, pem in zip(chain, opinion["chain"]):
                expected = openssl_facts.certificate_facts(pem)
                self.assertEqual({key: reported.get(key) for key in expected}, expected)
                self.assertIn(reported["days_remaining"],
                              {days_until(expected["valid_until"]) + drift for drift in (0, 1)})

    def test_the_leaf_is_the_first_of_the_chain(self):
        for _, result, _ in self.each():
            leaf = result["certificate"]["chain"][0]
            for key, value in leaf.items():
                self.assertEqual(result["certificate"][key], value, key)

    def test_earliest_expiry_of_the_presented_chain(self):
        for _, result, opinion in self.each():
            ends = [openssl_facts.certificate_facts(pem)["valid_until"]
                    for pem in opinion["chain"]]
            self.assertEqual(result["certificate"]["earliest_expiry"], min(ends))

    def test_days_remaining_round_towards_zero(self):
        days = {name: self.results[name]["certificate"]["days_remaining"]
                for name in ("last-day", "just-expired")}
        self.assertEqual(days, {"last-day": 0, "just-expired": 0})

    def test_protocol_is_the_one_that_openssl_negotiates(self):
        for _, result, opinion in self.each():
            self.assertEqual(result["tls"]["protocol"], opinion["protocol"])

    def test_cipher_has_its_iana_name(self):
        # Where the server leaves one choice only, both clients must end with that one.
        fixed = [suite.format(kind) for suite in TLS12_SUITES for kind in ("RSA", "ECDSA")]
        for name in (*fixed, *TLS13_SUITES):
            with self.subTest(name):
                self.assertEqual(self.results[name]["tls"]["cipher"],
                                 self.opinions[name]["cipher"])

    def test_group_is_the_only_one_that_the_server_has(self):
        for curve in CURVES:
            for version in ("TLSv1.2", "TLSv1.3"):
                with self.subTest(f"{curve} {version}"):
                    reported = self.results[f"{curve} {version}"]["tls"]["group"]
                    self.assertEqual(reported, openssl_facts.GROUPS[curve])
                    self.assertEqual(self.opinions[f"{curve} {version}"]["group"], reported)


if __name__ == "__main__":
    unittest.main(verbosity=2)
