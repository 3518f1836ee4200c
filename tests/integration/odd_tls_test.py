"""Servers that are unusual and in order: they are up. And what this prober cannot speak: that is
said of the prober, and the server is not called down."""

import unittest

from realservers import tracer
from realservers.case import Fleet
from realservers.web import GnutlsServer, OpensslServer

WEAK = ["-cipher", "ALL:@SECLEVEL=0"]
# name: (key of the leaf, options of s_server, what the report must say)
UNUSUAL = {
    "static RSA": ("RSA", ["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
                   {"cipher": "TLS_RSA_WITH_AES_128_GCM_SHA256"}),
    "CBC": ("RSA", ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA"],
            {"cipher": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"}),
    "finite-field DHE": ("RSA", ["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"],
                         {"cipher": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"}),
    "X448 by HelloRetryRequest": ("P-256", ["-tls1_3", "-groups", "X448"], {"group": "X448"}),
    "P-521 by HelloRetryRequest": ("P-256", ["-tls1_3", "-groups", "P-521"], {"group": "P-521"}),
    "Ed25519 leaf": ("Ed25519", ["-tls1_3"], {"protocol": "TLSv1.3"}),
    "Ed448 leaf": ("Ed448", ["-tls1_3"], {"protocol": "TLSv1.3"}),
    "P-521 leaf": ("P-521", ["-tls1_2"], {"protocol": "TLSv1.2"}),
    "4096-bit leaf": ("RSA-4096", ["-tls1_3"], {"protocol": "TLSv1.3"}),
    "TLS 1.0": ("RSA", ["-tls1", *WEAK], {"protocol": "TLSv1.0"}),
    "no tickets": ("P-256", ["-tls1_3", "-num_tickets", "0"], {"protocol": "TLSv1.3"}),
    "small records": ("RSA", ["-tls1_3", "-max_send_frag", "512"], {"protocol": "TLSv1.3"}),
    "ALPN": ("P-256", ["-alpn", "h2,http/1.1"], {"alpn": "h2"}),
}
BEYOND_THE_PROBER = {
    "RSA-PSS key": ("RSA-PSS", ["-tls1_3"]),
}


class OddTls(Fleet):
    @classmethod
    def make_servers(cls):
        def server(key, options):
            return OpensslServer(cls.site, cls.pki.leaf(f"key-{key}", key=key), options)

        cls.unusual = {name: server(key, options) for name, (key, options, _) in UNUSUAL.items()}
        cls.beyond = {name: server(key, options)
                      for name, (key, options) in BEYOND_THE_PROBER.items()}
        leaf = cls.pki.leaf("gnutls", key="RSA")
        cls.gnutls = {
            "TLS 1.3 only": GnutlsServer(cls.site, leaf, "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
            "TLS 1.2 only": GnutlsServer(cls.site, leaf, "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
            "no extended master secret, no tickets": GnutlsServer(
                cls.site, leaf, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH:%NO_TICKETS"),
            "secure renegotiation off": GnutlsServer(
                cls.site, leaf, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION"),
        }
        return [*cls.unusual.values(), *cls.beyond.values(), *cls.gnutls.values()]

    def check(self, servers, **tls):
        return self.sweep(self.site, [
            self.monitor(name, server.ports["tls"], tls=self.tls(**tls),
                         send_after_connect="abc\\n", expect_response_regex="cba|abc")
            for name, server in servers.items()])

    def test_unusual_servers_are_up(self):
        results = self.check(self.unusual, min_version="TLSv1.0", alpn=["h2"])
        for name, (_, _, facts) in UNUSUAL.items():
            with self.subTest(name):
                self.assert_up(results[name])
                self.assertEqual({key: results[name]["tls"][key] for key in facts}, facts)

    def test_gnutls_servers_are_up(self):
        for name, result in self.check(self.gnutls).items():
            with self.subTest(name):
                self.assert_up(result)

    def test_what_the_prober_cannot_do_is_not_held_against_the_server(self):
        for name, result in self.check(self.beyond).items():
            with self.subTest(name):
                if result["verdict"] == "up":
                    continue  # a build of the TLS library that can
                self.assertEqual(result["verdict"], "unknown", tracer.summary(result))
                self.assertEqual(result["failure"]["code"], "tls_unsupported_by_prober")


if __name__ == "__main__":
    unittest.main(verbosity=2)
