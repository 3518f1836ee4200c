"""`tracer cert`: chains of servers and of files, revocation lists, expiry for scripts."""

import json
import os
import unittest

from realservers import tracer
from realservers.case import Fleet
from realservers.web import Nginx, Vhost


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def certificates_in(text):
    """The PEM blocks of a text, without what stands around them."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return [part.partition(end)[0].strip() for part in text.split(begin)[1:]]


class CertCommand(Fleet):
    @classmethod
    def make_servers(cls):
        cls.port, cls.revoked_port = cls.site.port(), cls.site.port()
        cls.good, cls.revoked = cls.pki.leaf("good"), cls.pki.leaf("revoked")
        cls.crl = cls.pki.revocation_list("current", revoked=[cls.revoked])
        cls.nginx = Nginx(cls.site, [Vhost(cls.port, cls.good),
                                     Vhost(cls.revoked_port, cls.revoked)])
        return [cls.nginx]

    def path(self, name):
        return os.path.join(self.site.directory, name)

    def cert(self, *arguments):
        return tracer.run("cert", "--ca-file", self.pki.ca_file, *arguments)

    def live(self, port, *arguments):
        return self.cert("--server-name", self.pki.host, *arguments, f"{self.site.address}:{port}")

    def stored(self, chain, *arguments):
        done = self.cert("--file", chain, "--json", *arguments)
        return done.returncode, json.loads(done.stdout), done.stderr

    # -- stored chains ---------------------------------------------------------------------

    def test_a_stored_chain_is_judged_like_a_live_one(self):
        status, stored, _ = self.stored(self.good.chain, "--name", self.pki.host)
        self.assertEqual((status, stored["failure"], stored["profile"]), (0, None, "strict"))
        self.assertEqual(stored["nonconformities"], [])
        (live,) = tracer.parse_results(self.live(self.port, "--json").stdout).values()
        for key in ("chain_valid", "chain_error", "name_matches", "self_signed"):
            self.assertEqual(stored["tls"][key], live["tls"][key], key)
        self.assertEqual(stored["certificate"], live["certificate"])

    def test_what_is_wrong_with_a_stored_chain(self):
        for leaf, arguments, code in (
                (self.pki.expired().chain, [], "certificate_expired"),
                (self.pki.unknown_issuer().chain, [], "certificate_untrusted_issuer"),
                (self.good.cert, [], "certificate_chain_incomplete"),
                (self.good.chain, ["--name", "other.test"], "certificate_name_mismatch"),
                (self.good.chain, ["--at", "2019-01-01T00:00:00Z"],
                 "certificate_not_yet_valid"),
                (self.revoked.chain, ["--crl", self.crl], "certificate_revoked")):
            with self.subTest(code):
                status, stored, _ = self.stored(leaf, *arguments)
                self.assertEqual(status, 1)
                self.assertEqual(stored["failure"]["code"], code)
                self.assertTrue(stored["failure"]["detail"] and stored["failure"]["hint"])

    def test_an_issuers_mistake_fails_the_strict_profile_alone(self):
        odd = self.pki.leaf("odd", subject="/CN=elsewhere.test")
        self.assertEqual(self.cert("--file", odd.chain).returncode, 1)
        done = self.cert("--file", odd.chain, "--profile", "clients")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("note       CN=elsewhere.test has a common name", done.stdout)

    def test_the_card_of_a_stored_chain(self):
        done = self.cert("--file", self.good.chain, "--name", self.pki.host)
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("the chain is trusted, the name matches", f"DNS:{self.pki.host}",
                     "89 days left", "EC P-256", "(intermediate)"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("\x1b", done.stdout, "no colour off a terminal")

    def test_pem_and_save_give_the_chain_back(self):
        saved = self.path("saved.pem")
        done = self.cert("--file", self.good.chain, "--pem", "--save", saved)
        self.assertEqual(certificates_in(done.stdout), certificates_in(read(self.good.chain)))
        self.assertEqual(read(saved), done.stdout)

    # -- scripts ---------------------------------------------------------------------------

    def test_warn_and_crit(self):
        for arguments, status, word in ((["--warn", "30d", "--crit", "7d"], 0, None),
                                        (["--warn", "120d", "--crit", "7d"], 1, "WARNING"),
                                        (["--warn", "120d", "--crit", "100"], 1, "CRITICAL")):
            for done in (self.cert("--file", self.good.chain, *arguments),
                         self.live(self.port, *arguments)):
                with self.subTest(arguments):
                    self.assertEqual(done.returncode, status, done.stderr)
                    if word:
                        self.assertIn(f"{word}: ", done.stderr)
                        self.assertIn("days, at 20", done.stderr)
                    else:
                        self.assertEqual(done.stderr, "")

    def test_bad_usage_is_2(self):
        chain = self.good.chain
        for arguments in ([], ["--file", chain, f"{self.site.address}:{self.port}"],
                          ["--at", "2026-01-01T00:00:00Z", f"{self.site.address}:{self.port}"],
                          ["--file", chain, "--at", "yesterday"],
                          ["--file", chain, "--profile", "lenient"],
                          ["--file", chain, "--warn", "soon"], ["--file", chain, "--crl", chain],
                          ["--file", self.path("missing.pem")], ["--file", self.good.key]):
            with self.subTest(arguments):
                done = self.cert(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertTrue(done.stderr.strip())

    # -- live ------------------------------------------------------------------------------

    def test_a_live_chain_is_saved(self):
        saved = self.path("live.pem")
        done = self.live(self.port, "--save", saved)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(certificates_in(read(saved)), certificates_in(read(self.good.chain)))
        self.assertEqual(self.stored(saved, "--name", self.pki.host)[0], 0)

    def test_a_revoked_live_certificate(self):
        self.assertEqual(self.live(self.revoked_port).returncode, 0)
        self.assertEqual(self.live(self.port, "--crl", self.crl).returncode, 0)
        done = self.live(self.revoked_port, "--crl", self.crl)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate_revoked", done.stdout)
        self.assertIn("keyCompromise", done.stdout)

    def test_a_monitor_names_its_lists(self):
        tls = self.tls(crl_file=self.crl)
        results = self.sweep(self.site, [
            self.monitor("good", self.port, tls=tls),
            self.monitor("revoked", self.revoked_port, tls=tls),
            self.monitor("several", self.revoked_port, tls=self.tls(crl_file=[self.crl, self.crl])),
            self.monitor("unasked", self.revoked_port, tls=self.tls())])
        self.assert_up(results["good"])
        self.assert_down(results["revoked"], "certificate_revoked", "tls")
        self.assert_down(results["several"], "certificate_revoked", "tls")
        self.assert_up(results["unasked"])


if __name__ == "__main__":
    unittest.main()
