"""Every failure code there is: from a server that is wrong in just that way, beside a neighbour that is nearly the same
and must not get it. In a network namespace of its own, with a resolver and a firewall.

The table that is printed is what came of it, not what was expected.
"""

import os
import signal
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))

from evils import Evils, record  # noqa: E402  (from the folder named above)
from realservers import namespace, tracer  # noqa: E402
from realservers.case import Fleet  # noqa: E402
from realservers.names import Dnsmasq  # noqa: E402
from realservers.peers import Peers, reset  # noqa: E402
from realservers.web import Nginx, OpensslServer, Vhost  # noqa: E402

ALERT_INTERNAL_ERROR = record(21, b"\x02\x50")
DROPPED, REJECTED, NO_HOST, CLOSED = 81, 82, 84, 85
DENIED = "127.99.99.99"
ANYTHING_WEAK = ["-cipher", "ALL:@SECLEVEL=0"]
UNKNOWN = {"dns_timeout", "policy_denied", "tls_unsupported_by_prober", "local_resources", "local_shutdown"}


class FailureCodes(Fleet):
    @classmethod
    def make_servers(cls):
        site, pki = cls.site, cls.pki
        namespace.use_resolver(site, site.address)
        namespace.firewall(f"tcp dport {DROPPED} drop", f"tcp dport {REJECTED} reject with tcp reset",
                           f"tcp dport {NO_HOST} reject with icmpx type host-unreachable")
        cls.peers = Peers(site)
        cls.addClassCleanup(cls.peers.close)
        leaves = {
            "good": pki.leaf("good", key="RSA"), "expired": pki.expired(), "early": pki.not_yet_valid(),
            "wrong name": pki.wrong_name(), "self-signed": pki.self_signed(), "stranger": pki.unknown_issuer(),
            "revoked": pki.leaf("revoked")}
        cls.revocations = pki.revocation_list("revocations", revoked=[leaves["revoked"]])
        cls.ports = {name: site.port() for name in (*leaves, "incomplete")}
        vhosts = [Vhost(cls.ports[name], leaf) for name, leaf in leaves.items()]
        vhosts.append(Vhost(cls.ports["incomplete"], leaves["good"], presents="cert"))
        cls.nginx = Nginx(site, vhosts)

        def openssl(leaf, *options):
            return OpensslServer(site, leaf, options)

        good = leaves["good"]
        cls.openssl = {
            "old": openssl(good, "-tls1_1", *ANYTHING_WEAK),
            "camellia": openssl(good, "-tls1_2", "-cipher", "CAMELLIA128-SHA"),
            "wants a certificate": openssl(good, "-Verify", "1", "-CAfile", pki.root.cert, "-tls1_3"),
            "weak": openssl(pki.leaf("weak", key="RSA-1024"), *ANYTHING_WEAK),
            "PSS": openssl(pki.leaf("pss", key="RSA-PSS"), "-tls1_3")}
        cls.evils = Evils(good, cls.peers.over)
        with open(good.cert, encoding="ascii") as file:
            cls.damaged = b"\x31" + ssl.PEM_cert_to_DER_cert(file.read())[1:]
        names = Dnsmasq(site, ["txt-record=text-only.test,no address here"], {"dns": 53})
        return [cls.nginx, names, *cls.openssl.values()]

    # -- what is checked -------------------------------------------------------------------

    def named(self, host):
        return {"host": host, "port": 80, "timeout": "1500ms"}

    def at(self, port, **settings):
        return {"host": self.site.address, "port": port, "timeout": "1500ms", **settings}

    def plain(self, script, **settings):
        return self.at(self.peers.listen(script), **{"expect_response": "220", **settings})

    def secure(self, port, **settings):
        return self.at(port, tls=self.tls(**settings))

    def handshake(self, script, **settings):
        return self.secure(self.peers.listen(script), **settings)

    def table(self):
        """code: who makes it, its monitor, and the neighbour with what comes of that; None is up."""
        peers, silent, here = self.peers, self.peers.silent, self.openssl
        nothing = self.site.port()

        def openssl(name, **tls):
            return self.secure(here[name].ports["tls"], **tls)

        def chain(name, **tls):
            return self.secure(self.ports[name], **tls)

        def closes(_):
            return None

        def endless(connection):
            while True:
                connection.sendall(b"x" * 65536)

        client = self.pki.leaf("client", key="RSA", usage="clientAuth")
        names = {"not found": self.named("nowhere.test"), "no address": self.named("text-only.test"),
                 "broken": self.named("a.broken.test")}
        smtp = {"starttls": "smtp"}
        no_tls = self.handshake(peers.dialogue(b"220 mx ESMTP\r\n", b"250-mx\r\n250 SIZE\r\n"), **smtp)
        nonsense = self.handshake(peers.greets(b"SSH-2.0-OpenSSH_9.2p1\r\n"), **smtp)
        closing, resetting = self.handshake(lambda connection: connection.recv(16384)), self.handshake(reset)
        mismatch = self.plain(peers.greets(b"+OK\r\n"))
        malformed = self.handshake(peers.dialogue(b"", record(22, bytes(64))))
        expected_long = [{"type": "certificate_expiry", "greater_than": 3000}]
        return {
            "dns_not_found": ("dnsmasq: NXDOMAIN", names["not found"], names["no address"], "dns_no_address"),
            "dns_no_address": ("dnsmasq: TXT alone", names["no address"], names["not found"], "dns_not_found"),
            "dns_server_failure": ("dnsmasq: SERVFAIL", names["broken"], names["not found"], "dns_not_found"),
            "dns_timeout": ("dnsmasq: silent upstream", self.named("a.silent.test"), names["broken"],
                            "dns_server_failure"),
            "connection_refused": ("no listener", self.at(nothing), self.at(DROPPED), "connection_timeout"),
            "connection_timeout": ("nftables: drop", self.at(DROPPED), self.at(REJECTED), "connection_refused"),
            "connection_reset": ("peer: RST", self.plain(reset), self.plain(closes), "response_closed"),
            "network_unreachable": ("no route", {**self.at(80), "host": "198.51.100.1"}, self.at(NO_HOST),
                                    "host_unreachable"),
            "host_unreachable": ("nftables: ICMP", self.at(NO_HOST), self.at(CLOSED), "connection_refused"),
            "starttls_refused": ("SMTP without STARTTLS", no_tls, nonsense, "starttls_protocol_error"),
            "starttls_protocol_error": ("SSH where SMTP is due", nonsense, no_tls, "starttls_refused"),
            "tls_timeout": ("peer: silent", self.handshake(silent), closing, "tls_closed"),
            "tls_not_tls": ("nginx: HTTP", self.secure(self.nginx.ports["http"]), malformed, "tls_protocol_error"),
            "tls_version_unsupported": ("openssl: TLS 1.1", openssl("old"), openssl("camellia"),
                                        "tls_no_common_cipher"),
            "tls_no_common_cipher": ("openssl: Camellia", openssl("camellia"), openssl("old"),
                                     "tls_version_unsupported"),
            "tls_alert": ("peer: internal_error", self.handshake(peers.dialogue(b"", ALERT_INTERNAL_ERROR)), closing,
                          "tls_closed"),
            "tls_closed": ("peer: FIN", closing, resetting, "connection_reset"),
            "tls_protocol_error": ("peer: malformed", malformed, self.secure(self.nginx.ports["http"]), "tls_not_tls"),
            "certificate_expired": ("nginx", chain("expired"), chain("early"), "certificate_not_yet_valid"),
            "certificate_not_yet_valid": ("nginx", chain("early"), chain("expired"), "certificate_expired"),
            "certificate_name_mismatch": ("nginx", chain("wrong name"), chain("wrong name", server_name="other.test"),
                                          None),
            "certificate_self_signed": ("nginx", chain("self-signed"), chain("stranger"),
                                        "certificate_untrusted_issuer"),
            "certificate_untrusted_issuer": ("nginx", chain("stranger"), chain("incomplete"),
                                             "certificate_chain_incomplete"),
            "certificate_chain_incomplete": ("nginx", chain("incomplete"), chain("stranger"),
                                             "certificate_untrusted_issuer"),
            "certificate_revoked": ("nginx, a CRL", chain("revoked", crl_file=self.revocations),
                                    chain("good", crl_file=self.revocations), None),
            "certificate_weak": ("openssl: RSA 1024", openssl("weak"), chain("good"), None),
            "certificate_malformed": ("peer: damaged DER", self.handshake(self.evils.certificates([self.damaged])),
                                      malformed, "tls_protocol_error"),
            "client_certificate_required": (
                "openssl: -Verify", openssl("wants a certificate"),
                openssl("wants a certificate", cert_file=client.chain, key_file=client.key), None),
            "response_timeout": ("peer: silent", self.plain(silent), mismatch, "response_mismatch"),
            "response_mismatch": ("peer: other words", mismatch, self.plain(silent), "response_timeout"),
            "response_closed": ("peer: FIN", self.plain(closes), self.plain(reset), "connection_reset"),
            "response_too_large": ("peer: endless", self.plain(endless), mismatch, "response_mismatch"),
            "assertion_failed": ("nginx", {**chain("good"), "assertions": expected_long},
                                 {**chain("expired"), "assertions": expected_long}, "certificate_expired"),
            "policy_denied": ("--deny", {**self.at(nothing), "host": DENIED}, self.at(nothing), "connection_refused"),
            "tls_unsupported_by_prober": ("openssl: RSA-PSS key", openssl("PSS"), chain("good"), None),
            "local_resources": ("an address not ours", {**self.at(nothing), "source_address": "203.0.113.7"},
                                self.at(nothing), "connection_refused"),
        }

    # -- what must come of it --------------------------------------------------------------

    def test_every_code_has_its_server_and_a_neighbour(self):
        table = self.table()
        monitors = []
        for code, (_, monitor, neighbour, _) in table.items():
            monitors += [{"name": code, **monitor}, {"name": f"beside {code}", **neighbour}]
        results = self.sweep(self.site, monitors, "--deny", f"{DENIED}/32")
        print(f"\n| {'code':28} | {'made by':24} | {'verdict':7} | {'detail':80} | beside it |")
        wrong = []
        for code, (maker, _, _, beside) in table.items():
            result, neighbour = results[code], results[f"beside {code}"]
            failure = result["failure"] or {"code": "up", "detail": ""}
            next_to = (neighbour["failure"] or {"code": None})["code"]
            print(f"| {failure['code']:28} | {maker:24} | {result['verdict']:7} | {failure['detail'][:80]:80} | "
                  f"{next_to or 'up'} |")
            if failure["code"].split("(")[0] != code:
                wrong.append(tracer.summary(result))
            if result["verdict"] != ("unknown" if code in UNKNOWN else "down"):
                wrong.append(f"{code} is {result['verdict']}")
            if next_to != beside:
                wrong.append(f"beside {code}: {tracer.summary(neighbour)}, expected {beside or 'up'}")
        self.assertEqual(wrong, [])

    def test_what_is_ended_is_nobodys_fault(self):
        monitor = {"name": "local_shutdown", **self.plain(self.peers.silent, timeout="60s")}
        document = os.path.join(self.site.directory, "shutdown.yaml")
        with open(document, "w", encoding="utf-8") as file:
            file.write(str(monitor))  # a mapping in YAML's flow style
        with subprocess.Popen(tracer.command("run", "--once", "--json", document), stdout=subprocess.PIPE,
                              env=tracer.environment(), text=True) as process:
            try:
                while process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    try:
                        process.wait(0.2)
                    except subprocess.TimeoutExpired:
                        pass
            finally:
                process.kill()
            results = tracer.parse_results(process.stdout.read())
        for result in results.values():
            self.assertEqual((result["verdict"], result["failure"]["code"]), ("unknown", "local_shutdown"))
        self.assertNotEqual(process.returncode, 0)

    def test_no_code_is_without_its_test(self):
        page = tracer.run("failures").stdout
        codes = {line.split("`")[1].split("(")[0] for line in page.splitlines() if line.startswith("### `")}
        self.assertEqual(codes - {"local_shutdown"}, set(self.table()))


if __name__ == "__main__":
    namespace.main()
