"""Peers that are broken in one way each: refused, reset, silent, lying, out of range."""

import socket
import unittest

from realservers.case import Fleet
from realservers.databases import Redis
from realservers.peers import Peers, reset
from realservers.web import GnutlsServer, OpensslServer

ALERT_INTERNAL_ERROR = bytes.fromhex("15030300020250")
ALERT_CLOSE_NOTIFY = bytes.fromhex("15030300020100")


class PlainFailures(Fleet):
    @classmethod
    def make_servers(cls):
        cls.peers = Peers(cls.site)
        cls.addClassCleanup(cls.peers.close)
        return []

    def check(self, script, code, phase=None, **settings):
        port = self.peers.listen(script)
        settings.setdefault("timeout", "2s")
        result = self.sweep(self.site, [self.monitor("peer", port, **settings)])["peer"]
        self.assert_down(result, code, phase)
        self.assertEqual(self.status, 1)
        return result

    def test_reset_instead_of_a_banner(self):
        self.check(reset, "connection_reset", "response", expect_response="220")

    def test_reset_in_the_handshake(self):
        self.check(lambda connection: (connection.recv(4096), reset(connection)),
                   "connection_reset", "tls", tls=self.tls())

    def test_silence_instead_of_a_banner(self):
        result = self.check(self.peers.silent, "response_timeout", "response",
                            expect_response="220", timeout="500ms")
        self.assertEqual(result["status"], "failure")

    def test_silence_in_the_handshake(self):
        self.check(self.peers.silent, "tls_timeout", "tls", tls=self.tls(), timeout="500ms")

    def test_another_response(self):
        result = self.check(
            self.peers.greets(b"554 go away\r\n", then=lambda connection: None),
            "response_mismatch", "response", expect_response="220")
        self.assertEqual(result["response"]["excerpt"], "554 go away\r\n")
        self.assertIs(result["response"]["matched"], False)

    def in_pieces(self, *pieces):
        """Sends the first piece at once, and each further one when the client must have seen it."""
        def script(connection):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number, piece in enumerate(pieces):
                if number:
                    self.peers.over.wait(0.3)
                connection.sendall(piece)
            self.peers.silent(connection)
        return script

    def test_assertions_wait_for_the_rest_of_a_response(self):
        port = self.peers.listen(self.in_pieces(b"220 first ", b"second\r\n"))
        monitor = self.monitor("pieces", port, expect_response="first", assertions=[
            {"type": "response", "contains": "second"}])
        result = self.sweep(self.site, [monitor])["pieces"]
        self.assert_up(result)
        self.assertIs(result["response"]["matched"], True)

    def test_assertions_judge_what_came_before_the_end(self):
        result = self.check(
            self.peers.greets(b"220 first\r\n", then=lambda connection: None),
            "assertion_failed", "verdict", expect_response="first",
            assertions=[{"type": "response", "contains": "second"}])
        self.assertEqual(result["status"], "success")
        self.assertIs(result["response"]["matched"], True)

    def test_closed_before_a_response(self):
        self.check(lambda connection: None, "response_closed", "response", expect_response="220")

    def test_too_large_a_response(self):
        def endless(connection):
            while not self.peers.over.is_set():
                connection.sendall(b"x" * 4096)
        self.check(endless, "response_too_large", "response", expect_response="never",
                   timeout="60s")

    def test_closed_in_the_handshake(self):
        self.check(lambda connection: connection.recv(4096), "tls_closed", "tls", tls=self.tls())

    def test_closed_by_close_notify_in_the_handshake(self):
        self.check(self.peers.dialogue(b"", ALERT_CLOSE_NOTIFY), "tls_closed", "tls",
                   tls=self.tls())

    def test_an_alert_is_named(self):
        self.check(self.peers.dialogue(b"", ALERT_INTERNAL_ERROR), "tls_alert(internal_error)",
                   "tls", tls=self.tls())

    def test_garbage_in_the_handshake(self):
        self.check(self.peers.dialogue(b"", b"\x00" * 64), "tls_not_tls", "tls", tls=self.tls())

    def test_starttls_is_not_offered(self):
        self.check(self.peers.dialogue(b"220 x ESMTP\r\n", b"250-x\r\n250 PIPELINING\r\n"),
                   "starttls_refused", "starttls", tls=self.tls(starttls="smtp"))

    def test_starttls_is_offered_and_then_denied(self):
        self.check(self.peers.dialogue(b"220 x ESMTP\r\n", b"250-x\r\n250 STARTTLS\r\n",
                                       b"454 4.7.0 TLS not available\r\n"),
                   "starttls_refused", "starttls", tls=self.tls(starttls="smtp"))

    def test_plaintext_injected_behind_starttls(self):
        self.check(self.peers.dialogue(b"220 x ESMTP\r\n", b"250-x\r\n250 STARTTLS\r\n",
                                       b"220 go ahead\r\n250 injected\r\n"),
                   "starttls_protocol_error", "starttls", tls=self.tls(starttls="smtp"))

    def test_garbage_instead_of_starttls(self):
        self.check(self.peers.greets(b"\x00\xff\x00\xff\r\n"), "starttls_protocol_error",
                   "starttls", tls=self.tls(starttls="imap"))

    def test_nothing_listens(self):
        with socket.create_server((self.site.address, self.site.port())) as closed_again:
            port = closed_again.getsockname()[1]
        result = self.sweep(self.site, [self.monitor("none", port)])["none"]
        self.assert_down(result, "connection_refused", "connect")

    def test_retries_are_counted_and_a_success_ends_them(self):
        calls = []

        def second_time_lucky(connection):
            calls.append(1)
            if len(calls) >= 2:
                connection.sendall(b"220 ready\r\n")
                self.peers.silent(connection)

        port = self.peers.listen(second_time_lucky)
        gone = self.peers.listen(lambda connection: None)
        results = self.sweep(self.site, [
            self.monitor("recovers", port, expect_response="220", max_retries=5,
                         retry_delay="50ms"),
            self.monitor("never", gone, expect_response="220", max_retries=2, retry_delay="50ms")])
        self.assert_up(results["recovers"])
        self.assertEqual(results["recovers"]["attempts"], 2)
        self.assert_down(results["never"], "response_closed")
        self.assertEqual(results["never"]["attempts"], 3)


class TlsFailures(Fleet):
    @classmethod
    def make_servers(cls):
        site, ec, rsa = cls.site, cls.pki.leaf("ec"), cls.pki.leaf("rsa", key="RSA")
        mutual = ["-CAfile", cls.pki.root.cert, "-Verify", "3", "-verify_return_error"]
        weak = ["-cipher", "DEFAULT:@SECLEVEL=0"]
        cls.mutual12 = OpensslServer(site, ec, ["-tls1_2", *mutual])
        cls.mutual13 = OpensslServer(site, ec, ["-tls1_3", *mutual])
        cls.gnutls_mutual = GnutlsServer(site, rsa, options=[
            "--require-client-cert", "--verify-client-cert", "--x509cafile", cls.pki.root.cert])
        cls.redis_mutual = Redis(site, ec, client_ca=cls.pki.root.cert)
        cls.tls10 = OpensslServer(site, rsa, ["-tls1", *weak])
        cls.tls11 = OpensslServer(site, rsa, ["-tls1_1", *weak])
        # Cipher suites that no client of today offers.
        cls.camellia = GnutlsServer(
            site, rsa, "NONE:+VERS-TLS1.2:+CAMELLIA-256-CBC:+SHA1:+MAC-ALL:+DHE-RSA:+COMP-NULL"
                       ":+SIGN-ALL:+GROUP-ALL")
        return [cls.mutual12, cls.mutual13, cls.gnutls_mutual, cls.redis_mutual, cls.tls10,
                cls.tls11, cls.camellia]

    def mutual_ports(self):
        return {"tls12": self.mutual12.ports["tls"], "tls13": self.mutual13.ports["tls"],
                "gnutls": self.gnutls_mutual.ports["tls"],
                "redis": self.redis_mutual.ports["redis-tls"]}

    def test_a_client_certificate_is_required(self):
        results = self.sweep(self.site, [self.monitor(name, port, tls=self.tls())
                                         for name, port in self.mutual_ports().items()])
        for name, result in results.items():
            with self.subTest(name):
                self.assert_down(result, "client_certificate_required", "tls")

    def test_a_client_certificate_is_given(self):
        client = self.pki.leaf("client", key="RSA", usage="clientAuth")
        results = self.sweep(self.site, [
            self.monitor(name, port, tls=self.tls(cert_file=client.chain, key_file=client.key))
            for name, port in self.mutual_ports().items()])
        for name, result in results.items():
            with self.subTest(name):
                self.assert_up(result)

    def test_a_client_certificate_of_a_stranger_is_refused(self):
        stranger = self.pki.leaf("stranger-client", issuer=self.pki.stranger, usage="clientAuth")
        ports = {name: self.mutual_ports()[name] for name in ("tls12", "tls13", "redis")}
        results = self.sweep(self.site, [
            self.monitor(name, port, tls=self.tls(cert_file=stranger.cert, key_file=stranger.key))
            for name, port in ports.items()])
        for name, result in results.items():
            with self.subTest(name):
                self.assertEqual(result["verdict"], "down")
                self.assertRegex(result["failure"]["code"],
                                 r"^(client_certificate_required|tls_alert\(.*\))$")

    def test_servers_older_than_the_minimum(self):
        results = self.sweep(self.site, [
            self.monitor("TLSv1.0", self.tls10.ports["tls"], tls=self.tls()),
            self.monitor("TLSv1.1", self.tls11.ports["tls"], tls=self.tls())])
        for result in results.values():
            self.assert_down(result, "tls_version_unsupported", "tls")

    def test_old_servers_can_be_watched_with_a_lower_minimum(self):
        results = self.sweep(self.site, [
            self.monitor("TLSv1.0", self.tls10.ports["tls"], tls=self.tls(min_version="TLSv1.0")),
            self.monitor("TLSv1.1", self.tls11.ports["tls"], tls=self.tls(min_version="TLSv1.0"))])
        for version, result in results.items():
            self.assert_up(result)
            self.assertEqual(result["tls"]["protocol"], version)

    def test_no_common_cipher(self):
        monitor = self.monitor("camellia", self.camellia.ports["tls"], tls=self.tls())
        result = self.sweep(self.site, [monitor])["camellia"]
        self.assert_down(result, "tls_no_common_cipher", "tls")


if __name__ == "__main__":
    unittest.main(verbosity=2)
