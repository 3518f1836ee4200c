"""Chains that are wrong in one way each: the right code, and all certificate facts all the same;
what verify: false and skip_hostname_verify change, and that the chain is judged regardless."""

import unittest

from realservers import openssl_facts
from realservers.case import Fleet
from realservers.web import Nginx, Vhost


class CertificateVerdicts(Fleet):
    @classmethod
    def make_servers(cls):
        pki = cls.pki
        # Kind: the failure, and what the chain's own judgement (the name left out) must be.
        kinds = {
            "good": (pki.leaf("good"), "chain", None, True),
            "expired": (pki.expired(), "chain", "certificate_expired", False),
            "not-yet-valid": (pki.not_yet_valid(), "chain", "certificate_not_yet_valid", False),
            "wrong-name": (pki.wrong_name(), "chain", "certificate_name_mismatch", True),
            "self-signed": (pki.self_signed(), "chain", "certificate_self_signed", False),
            "unknown-issuer":
                (pki.unknown_issuer(), "chain", "certificate_untrusted_issuer", False),
            "incomplete":
                (pki.leaf("incomplete"), "cert", "certificate_chain_incomplete", False),
        }
        cls.expected = {}
        vhosts = []
        for kind, (leaf, presents, code, chain_valid) in kinds.items():
            for version in ("TLSv1.2", "TLSv1.3"):
                port = cls.site.port()
                cls.expected[f"{kind} {version}"] = (port, leaf, code, chain_valid)
                vhosts.append(Vhost(port, leaf, version, presents=presents))
        cls.sni_port = cls.site.port()
        vhosts += [
            Vhost(cls.sni_port, pki.leaf("default", sans=["DNS:default.test"])),
            Vhost(cls.sni_port, pki.leaf("one", sans=["DNS:one.test"]), names=["one.test"]),
            Vhost(cls.sni_port, pki.leaf("wild", sans=["DNS:*.two.test"]), names=["*.two.test"])]
        return [Nginx(cls.site, vhosts)]

    def sweep_all(self, **tls):
        return self.sweep(self.site, [
            self.monitor(name, port, tls=self.tls(**tls), send_after_connect="GET / HTTP/1.0\n\n",
                         expect_response="200 OK")
            for name, (port, _, _, _) in self.expected.items()])

    def judge(self, results, is_up, verify=True):
        for name, (_, leaf, code, chain_valid) in self.expected.items():
            with self.subTest(name):
                result = results[name]
                if is_up(code):
                    self.assert_up(result)
                else:
                    self.assert_down(result, code, "tls")
                    self.assertIsNone(result["response"], "nothing is sent before the judgement")
                self.check_facts(result, leaf, code, chain_valid)
                self.assertIs(result["tls"]["verified"], verify and code is None)

    def check_facts(self, result, leaf, code, chain_valid):
        with open(leaf.cert, encoding="ascii") as file:
            expected = openssl_facts.certificate_facts(file.read())
        certificate, tls = result["certificate"], result["tls"]
        self.assertEqual({key: certificate[key] for key in expected}, expected)
        self.assertIsNotNone(tls["cipher"])
        self.assertIn(tls["protocol"], ("TLSv1.2", "TLSv1.3"))
        self.assertIs(tls["chain_valid"], chain_valid)
        self.assertEqual(tls["chain_error"], None if chain_valid else code)
        self.assertIs(tls["name_matches"], code != "certificate_name_mismatch")
        self.assertIs(tls["self_signed"], code == "certificate_self_signed")
        # The leaf is what ends first on every path that can be verified here.
        self.assertEqual(certificate["verified_expiry"],
                         expected["valid_until"] if chain_valid else None)
        if code == "certificate_expired":
            self.assertLess(certificate["days_remaining"], 0)

    def test_each_fault_has_its_code_and_all_facts(self):
        self.judge(self.sweep_all(), is_up=lambda code: code is None)
        self.assertEqual(self.status, 1)

    def test_skip_hostname_verify_forgives_name_and_self_signature_only(self):
        forgiven = (None, "certificate_name_mismatch", "certificate_self_signed")
        self.judge(self.sweep_all(skip_hostname_verify=True), is_up=lambda code: code in forgiven)

    def test_verify_false_accepts_all_and_still_judges(self):
        self.judge(self.sweep_all(verify=False), is_up=lambda code: True, verify=False)
        self.assertEqual(self.status, 0)

    def test_assertions_judge_what_verify_false_accepted(self):
        port = self.expected["expired TLSv1.3"][0]
        results = self.sweep(self.site, [
            self.monitor("expiry", port, tls=self.tls(verify=False), assertions=[
                {"type": "certificate_expiry", "greater_than": 30}]),
            self.monitor("chain", port, tls=self.tls(verify=False), assertions=[
                {"type": "certificate", "chain_valid": True}]),
            self.monitor("warned", port, tls=self.tls(verify=False), assertions=[
                {"type": "certificate_expiry", "greater_than": 30, "severity": "warn"}])])
        self.assert_down(results["expiry"], "assertion_failed")
        self.assert_down(results["chain"], "assertion_failed")
        self.assertEqual(results["warned"]["verdict"], "degraded")
        outcome = results["expiry"]["assertions"][0]
        self.assertEqual((outcome["type"], outcome["passed"]), ("certificate_expiry", False))

    def test_the_system_trust_store_is_used_without_ca_file(self):
        port = self.expected["good TLSv1.3"][0]
        monitor = self.monitor("system", port, tls={"enabled": True, "server_name": self.pki.host})
        results = self.sweep(self.site, [monitor])
        self.assert_down(results["system"], "certificate_untrusted_issuer")
        results = self.sweep(self.site, [monitor], env={"SSL_CERT_FILE": self.pki.ca_file})
        self.assert_up(results["system"])

    def test_an_address_is_verified_against_ip_names(self):
        good, wrong = self.expected["good TLSv1.3"][0], self.expected["wrong-name TLSv1.3"][0]
        tls = {"enabled": True, "ca_file": self.pki.ca_file}
        results = self.sweep(self.site, [self.monitor("address", good, tls=tls),
                                         self.monitor("other", wrong, tls=tls)])
        self.assert_up(results["address"])
        self.assert_down(results["other"], "certificate_name_mismatch")

    def test_server_name_chooses_the_vhost(self):
        names = {"one.test": True, "a.two.test": True, "a.b.two.test": False, "two.test": False}
        results = self.sweep(self.site, [
            self.monitor(name, self.sni_port, tls=self.tls(server_name=name)) for name in names])
        for name, matches in names.items():
            with self.subTest(name):
                self.assertEqual(results[name]["tls"]["server_name"], name)
                if matches:
                    self.assert_up(results[name])
                else:
                    self.assert_down(results[name], "certificate_name_mismatch")
        self.assertEqual(results["one.test"]["certificate"]["sans"], ["DNS:one.test"])
        self.assertEqual(results["two.test"]["certificate"]["sans"], ["DNS:default.test"])

    def test_an_incomplete_chain_stays_incomplete(self):
        # The same issuer came with a good chain in the same run; it must not be remembered.
        complete = self.expected["good TLSv1.3"][0]
        incomplete = self.expected["incomplete TLSv1.3"][0]
        monitors = [self.monitor(f"{index}", incomplete if index % 2 else complete, tls=self.tls())
                    for index in range(20)]
        results = self.sweep(self.site, monitors)
        for index in range(20):
            if index % 2:
                self.assert_down(results[f"{index}"], "certificate_chain_incomplete")
            else:
                self.assert_up(results[f"{index}"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
