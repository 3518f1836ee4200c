#!/usr/bin/env python3
"""The TLS services of fleetsim, asked through Python's ssl and openssl s_client.

No test judges by how long something took, but for lower bounds, which a slow machine cannot break.
"""

import os
import re
import socket
import ssl
import time
import unittest

from simfleet.fleet import Fleet, FleetCase, ask, read_until, run


class Tls(FleetCase):
    def context(self, **settings):
        context = ssl.create_default_context(cafile=self.fleet.ca)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        for key, value in settings.items():
            setattr(context, key, value)
        return context

    def open(self, name, context=None, server_name="fleet.test"):
        connection = self.fleet.connect(name)
        try:
            return (context or self.context()).wrap_socket(connection, server_hostname=server_name)
        except BaseException:
            connection.close()
            raise

    def ping(self, connection):
        self.assertEqual(ask(connection, b"PING\r\n", b"\n"), b"+PONG\r\n")

    def leaf_text(self, name, server_name="fleet.test"):
        context = self.context(check_hostname=False, verify_mode=ssl.CERT_NONE)
        with self.open(name, context, server_name) as connection:
            pem = ssl.DER_cert_to_PEM_cert(connection.getpeercert(True))
        return run("openssl", "x509", "-noout", "-text", "-nameopt", "oneline", text_in=pem)

    def test_versions(self):
        versions = {"tls10": "TLSv1", "tls11": "TLSv1.1", "tls12": "TLSv1.2", "tls13": "TLSv1.3"}
        for name, version in versions.items():
            with self.subTest(name), self.open(name) as connection:
                self.assertEqual(connection.version(), version)
                self.ping(connection)
        for name in ("tls10", "tls11", "tls12"):
            with self.subTest(name), self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version"):
                self.open(name, self.context(minimum_version=ssl.TLSVersion.TLSv1_3)).close()
        with self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version"):
            self.open("tls13", self.context(maximum_version=ssl.TLSVersion.TLSv1_2)).close()

    def test_keys(self):
        keys = {"tls-rsa": "Public-Key: (2048 bit)", "tls-p256": "NIST CURVE: P-256",
                "tls-p384": "NIST CURVE: P-384", "tls-ed25519": "Public Key Algorithm: ED25519"}
        for name, text in keys.items():
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(name=name, version=version):
                    with self.open(name, self.context(maximum_version=version)) as connection:
                        self.ping(connection)
            leaf = self.leaf_text(name)
            self.assertIn(text, leaf)
            self.assertIn("DNS:fleet.test, DNS:*.fleet.test, DNS:localhost, IP Address:127.0.0.1, "
                          "IP Address:0:0:0:0:0:0:0:1", leaf)
            self.assertIn("Issuer: O = Fleet Simulator, CN = Fleet Intermediate CA", leaf)

    def test_serials_differ(self):
        serials = {re.search(r"Serial Number:\s+(\S+)", self.leaf_text(name))[1]
                   for name in ("tls-rsa", "tls-p256", "tls-expired", "tls-self-signed")}
        self.assertEqual(len(serials), 4)

    def test_bad_certificates(self):
        # OpenSSL's verify codes: X509_V_ERR_…
        codes = {"tls-expired": 10, "tls-not-yet-valid": 9, "tls-wrong-name": 62,
                 "tls-self-signed": 18, "tls-unknown-issuer": 19, "tls-missing-intermediate": 20}
        for name, code in codes.items():
            with self.subTest(name):
                with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                    self.open(name).close()
                self.assertEqual(caught.exception.verify_code, code)
                lax = self.context(check_hostname=False, verify_mode=ssl.CERT_NONE)
                with self.open(name, lax) as connection:
                    self.ping(connection)

    def test_bad_in_one_way_only(self):
        # Each is right but for its one fault: with that forgiven, it verifies.
        with self.open("tls-wrong-name", server_name="wrong-name.example") as connection:
            self.ping(connection)
        self.assertIn("DNS:fleet.test", self.leaf_text("tls-self-signed"))
        for name, days in (("tls-expired", -10), ("tls-not-yet-valid", 10)):
            run("openssl", "s_client", "-CAfile", self.fleet.ca, "-verify_return_error",
                "-verify_hostname", "fleet.test", "-attime", str(int(time.time()) + days * 86400),
                "-connect", f"127.0.0.1:{self.fleet.port(name)}", text_in="")

    def test_chains(self):
        presented = {"tls-p256": 2, "tls-missing-intermediate": 1, "tls-self-signed": 1,
                     "tls-unknown-issuer": 3}
        for name, count in presented.items():
            with self.subTest(name):
                shown = run("openssl", "s_client", "-showcerts", "-servername", "fleet.test",
                            "-connect", f"127.0.0.1:{self.fleet.port(name)}", text_in="")
                self.assertEqual(shown.count("BEGIN CERTIFICATE"), count)

    def test_validity(self):
        def days(name):
            end = re.search(r"Not After : (.*)", self.leaf_text(name))[1]
            return (ssl.cert_time_to_seconds(end) - time.time()) / 86400

        self.assertTrue(89 < days("tls-p256") <= 90)
        self.assertTrue(5 < days("tls-expiring") < 6)
        self.assertTrue(-4 < days("tls-expired") <= -3)
        with self.open("tls-expiring") as connection:
            self.ping(connection)

    def test_client_certificates(self):
        for name in ("tls-mtls12", "tls-mtls13"):
            with self.subTest(name):
                with self.assertRaises(ssl.SSLError) as caught:
                    with self.open(name) as connection:
                        # TLS 1.3 says so after the client believes itself connected.
                        ask(connection, b"PING\r\n", b"\n")
                self.assertRegex(str(caught.exception),
                                 "(?i)handshake.failure|certificate.required")
                context = self.context()
                context.load_cert_chain(self.fleet.cert, self.fleet.key)
                with self.open(name, context) as connection:
                    self.ping(connection)
        self.assertEqual(os.stat(self.fleet.key).st_mode & 0o777, 0o600)

    def test_alpn(self):
        for offered, chosen in ((["h2"], "h2"), (["x", "http/1.1"], "http/1.1"), ([], None)):
            context = self.context()
            if offered:
                context.set_alpn_protocols(offered)
            with self.open("tls-alpn", context) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), chosen)
        context.set_alpn_protocols(["gopher"])
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            self.open("tls-alpn", context).close()

    def test_sni(self):
        for name in ("one.fleet.test", "two.fleet.test"):
            with self.open("tls-sni", server_name=name) as connection:
                self.ping(connection)
            self.assertIn(f"CN = {name}", self.leaf_text("tls-sni", name))
        lax = self.context(check_hostname=False, verify_mode=ssl.CERT_NONE)
        for name in ("three.fleet.test", None):
            # OpenSSL before 3.2 spells the alert TLSV1_UNRECOGNIZED_NAME.
            with self.subTest(name), self.assertRaisesRegex(ssl.SSLError, "(?i)unrecognized.name"):
                self.open("tls-sni", lax, name).close()

    def test_not_tls(self):
        for name in ("tls-plain-http", "tls-plain-smtp"):
            with self.subTest(name), self.assertRaisesRegex(ssl.SSLError, "(?i)wrong.version"):
                self.open(name).close()
        with self.fleet.connect("tls-plain-http") as connection:
            got = ask(connection, b"\x16\x03\x01\x00\x05hello", b"\r\n\r\n")
            self.assertTrue(got.startswith(b"HTTP/1.1 400 "))
            self.assertEqual(connection.recv(1), b"")
        with self.fleet.connect("tls-plain-smtp") as connection:
            self.assertEqual(read_until(connection, b"\n"), b"220 fleet.test ESMTP\r\n")

    def test_broken_off(self):
        with self.assertRaises((ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            self.open("tls-close-hello").close()
        with self.assertRaises(ConnectionResetError):
            self.open("tls-reset-hello").close()
        with self.fleet.connect("tls-close-hello") as connection:
            self.assertEqual(ask(connection, b"\x16" * 4000, b"never"), b"")

    def test_slow(self):
        begin = time.monotonic()
        with self.open("tls-slow") as connection:
            self.ping(connection)
        self.assertGreaterEqual(time.monotonic() - begin, 1.5)

    def test_garbage_instead_of_a_hello(self):
        for name in ("tls-p256", "tls13", "tls-mtls12"):
            with self.subTest(name), self.fleet.connect(name) as connection:
                connection.sendall(os.urandom(30000))
                connection.shutdown(socket.SHUT_WR)
                try:
                    read_until(connection, b"never")
                except ConnectionResetError:
                    pass
        with self.open("tls-p256") as connection:
            self.ping(connection)


class ManyLeaves(FleetCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet("--leaves", "3")

    def test_tls13_presents_them_in_turn(self):
        context = ssl.create_default_context(cafile=self.fleet.ca)
        seen = []
        for _ in range(6):
            with context.wrap_socket(self.fleet.connect("tls13"), server_hostname="fleet.test") as connection:
                seen.append(connection.getpeercert(True))
        self.assertEqual(len(set(seen)), 3)
        self.assertEqual(seen[:3], seen[3:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
