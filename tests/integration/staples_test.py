"""OCSP responses that servers staple: what each says of the certificate, in each version of TLS, and
that only one that says revoked fails a check."""

import unittest

from realservers.case import Fleet
from realservers.web import Nginx, OpensslServer, Vhost

VERSIONS = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}


class Staples(Fleet):
    @classmethod
    def make_servers(cls):
        pki = cls.pki
        leaf, delegated = pki.leaf("stapled"), pki.leaf("responder", usage="OCSPSigning")
        stranger = pki.leaf("not-a-responder")
        cls.staples = {
            "good": pki.staple("good", leaf),
            "good, by an appointed responder": pki.staple("appointed", leaf, signer=delegated),
            "revoked": pki.staple("revoked", leaf, "R"),
            "unknown": pki.staple("unknown", leaf, None),
            "invalid, of another certificate": pki.staple("other", pki.leaf("other")),
            "invalid, signed by somebody": pki.staple("somebody", leaf, signer=stranger),
            "invalid, revoked by somebody": pki.staple("slander", leaf, "R", signer=stranger),
        }
        cls.ports, vhosts, servers = {}, [], []
        for version, option in VERSIONS.items():
            for name, staple in cls.staples.items():
                port = cls.ports[f"nginx, {version}: {name}"] = cls.site.port()
                vhosts.append(Vhost(port, leaf, version, staple=staple))
            port = cls.ports[f"nginx, {version}: None"] = cls.site.port()
            vhosts.append(Vhost(port, leaf, version))
            for name in ("good", "revoked"):
                server = OpensslServer(cls.site, leaf, [option, "-status_file", cls.staples[name]])
                cls.ports[f"s_server, {version}: {name}"] = server.ports["tls"]
                servers.append(server)
        return [Nginx(cls.site, vhosts), *servers]

    def results(self, **tls):
        return self.sweep(self.site, [self.monitor(name, port, tls=self.tls(**tls))
                                      for name, port in self.ports.items()])

    def test_each_is_told_and_a_revoked_certificate_is_down(self):
        for name, result in self.results().items():
            with self.subTest(name):
                status = name.partition(": ")[2].partition(",")[0]
                self.assertEqual(str(result["tls"]["ocsp"]), status)
                if status == "revoked":
                    self.assert_down(result, "certificate_revoked", "tls")
                    self.assertIn("2026-06-01T00:00:00Z (keyCompromise)", result["failure"]["detail"])
                    self.assertIs(result["tls"]["chain_valid"], False)
                else:
                    self.assert_up(result)
                    self.assertIs(result["tls"]["chain_valid"], True)

    def test_where_nothing_is_verified_a_revocation_is_told_and_forgiven(self):
        for name, result in self.results(verify=False).items():
            if name.endswith(": revoked"):
                with self.subTest(name):
                    self.assert_up(result)
                    self.assertEqual(result["tls"]["chain_error"], "certificate_revoked")


if __name__ == "__main__":
    unittest.main()
