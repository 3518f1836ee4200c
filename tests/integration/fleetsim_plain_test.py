#!/usr/bin/env python3
"""The plain and STARTTLS services of fleetsim, asked by clients that share no code with it.

No test judges by how long something took, but for lower bounds, which a slow machine cannot break.
"""

import os
import socket
import ssl
import struct
import time
import unittest

from simfleet.fleet import PATIENCE_S, FleetCase, ask, read_until, run


class PlainServices(FleetCase):
    def test_accept_silent(self):
        for name in ("tcp-accept", "silent", "tls-silent"):
            with self.subTest(name), self.fleet.connect(name) as connection:
                connection.sendall(b"anybody there?\r\n")
                self.assert_stays_quiet(connection)

    def test_banner(self):
        for name in ("banner", "dribble"):
            with self.subTest(name):
                begin = time.monotonic()
                with self.fleet.connect(name) as connection:
                    self.assertEqual(read_until(connection, b"\n"),
                                     b"SSH-2.0-OpenSSH_9.2p1 fleet\r\n")
                if name == "dribble":
                    self.assertGreaterEqual(time.monotonic() - begin, 28 * 0.2)

    def test_slow(self):
        begin = time.monotonic()
        with self.fleet.connect("slow") as connection:
            self.assertEqual(read_until(connection, b"\n"), b"220 slow.fleet.test\r\n")
        self.assertGreaterEqual(time.monotonic() - begin, 1.5)

    def test_redis(self):
        with self.fleet.connect("redis") as connection:
            self.assertEqual(ask(connection, b"PING\r\n", b"\n"), b"+PONG\r\n")
            self.assertEqual(ask(connection, b"*1\r\n$4\r\nping\r\n", b"\n"), b"+PONG\r\n")
            self.assertEqual(ask(connection, b"HELLO 3\r\n", b"\n"), b"-ERR unknown command\r\n")
            connection.sendall(b"PI")
            self.assert_stays_quiet(connection)
            connection.settimeout(PATIENCE_S)
            many = b"NG\r\n" + b"PING\r\n" * 9999 + b"QUIT\r\n"
            self.assertEqual(ask(connection, many, b"+OK\r\n"), b"+PONG\r\n" * 10000 + b"+OK\r\n")
            self.assertEqual(connection.recv(1), b"")

    def test_redis_answers_a_half_closed_client(self):
        with self.fleet.connect("redis") as connection:
            connection.sendall(b"PING\r\n")
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(read_until(connection, b"never"), b"+PONG\r\n")

    def test_request_without_end_is_cut_off(self):
        with self.fleet.connect("redis") as connection:
            connection.sendall(b"x" * 20000)
            self.assertEqual(connection.recv(1), b"")

    def test_echo(self):
        data = os.urandom(1 << 20)
        with self.fleet.connect("echo") as connection:
            connection.setblocking(False)
            sent, got = 0, bytearray()
            while len(got) < len(data):
                if sent < len(data):
                    try:
                        sent += connection.send(data[sent:sent + 65536])
                    except BlockingIOError:
                        pass
                try:
                    got += connection.recv(65536)
                except BlockingIOError:
                    time.sleep(0.001)
            self.assertEqual(bytes(got), data)

    def test_big(self):
        with self.fleet.connect("big") as connection:
            got = read_until(connection, b"end of the big answer\r\n")
            self.assertTrue(48 * 1024 < len(got) < 64 * 1024)
            self.assertTrue(got.endswith(b"end of the big answer\r\n"))

    def test_endless(self):
        with self.fleet.connect("endless") as connection:
            got = 0
            while got < 300_000:
                piece = connection.recv(65536)
                self.assertTrue(piece)
                got += len(piece)

    def test_close_at_accept(self):
        with self.fleet.connect("close-at-accept") as connection:
            self.assertEqual(connection.recv(1), b"")

    def test_resets(self):
        # The reset may come before connect() has returned.
        with self.assertRaises(ConnectionResetError):
            with self.fleet.connect("reset-at-accept") as connection:
                connection.recv(1)
        with self.assertRaises(ConnectionResetError):
            with self.fleet.connect("reset-after-data") as connection:
                self.assertEqual(connection.recv(5), b"+HALF")
                connection.recv(1)

    def test_refused_and_dropped(self):
        hosts = ["127.0.0.1", "127.44.55.66"] + (["::1"] if self.fleet.ipv6 else [])
        for host in hosts:
            with self.subTest(host):
                with self.assertRaises(ConnectionRefusedError):
                    self.fleet.connect("closed", host)
                for _ in range(3):
                    with self.assertRaises(TimeoutError):
                        self.fleet.connect("blackhole", host, timeout=0.2)

    def test_every_loopback_address(self):
        hosts = ["127.1.1.1", "127.254.3.9"] + (["::1"] if self.fleet.ipv6 else [])
        for host in hosts:
            with self.subTest(host), self.fleet.connect("redis", host) as connection:
                self.assertEqual(ask(connection, b"PING\r\n", b"\n"), b"+PONG\r\n")

    def test_no_other_address(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: asks for the local address alone
            except OSError:
                self.skipTest("this machine has the loopback device alone")
            own = probe.getsockname()[0]
        if own.startswith("127."):
            self.skipTest("this machine has the loopback device alone")
        try:
            with self.fleet.connect("redis", own) as connection:
                connection.sendall(b"PING\r\n")
                self.assertEqual(connection.recv(1), b"")
        except (ConnectionResetError, BrokenPipeError, ConnectionRefusedError):
            pass


class Starttls(FleetCase):
    def s_client(self, protocol, name):
        return run("openssl", "s_client", "-starttls", protocol, "-CAfile", self.fleet.ca,
                   "-verify_return_error", "-verify_hostname", "fleet.test", "-connect",
                   f"127.0.0.1:{self.fleet.port(name)}", text_in="")

    def test_upgrade(self):
        for name in ("smtp", "imap", "pop3", "postgres"):
            with self.subTest(name):
                self.assertIn("Verify return code: 0 (ok)", self.s_client(name, name))

    def test_dialogues_inside_tls(self):
        context = ssl.create_default_context(cafile=self.fleet.ca)
        startup = struct.pack(">ii", 17, 196608) + b"user\0me\0\0"
        steps = {
            "smtp": [(b"", b"220 fleet.test ESMTP\r\n"),
                     (b"EHLO me\r\n", b"250 8BITMIME\r\n"),
                     (b"STARTTLS\r\n", b"220 2.0.0 Ready to start TLS\r\n"), "tls",
                     (b"EHLO me\r\n", b"250 8BITMIME\r\n"),
                     (b"QUIT\r\n", b"221 2.0.0 Bye\r\n")],
            "imap": [(b"", b" fleet ready\r\n"),
                     (b"a7 capability\r\n", b"a7 OK Capability completed\r\n"),
                     (b"a8 STARTTLS\r\n", b"a8 OK Begin TLS negotiation now\r\n"), "tls",
                     (b"a9 LOGOUT\r\n", b"a9 OK Logout completed\r\n")],
            "pop3": [(b"", b"+OK fleet ready\r\n"),
                     (b"CAPA\r\n", b"STLS\r\n.\r\n"),
                     (b"STLS\r\n", b"+OK Begin TLS negotiation\r\n"), "tls",
                     (b"QUIT\r\n", b"+OK Bye\r\n")],
            "postgres": [(struct.pack(">ii", 8, 80877104), b"N"),
                         (struct.pack(">ii", 8, 80877103), b"S"), "tls",
                         (startup, b"R\0\0\0\x08\0\0\0\x03"),
                         (b"p" + struct.pack(">i", 6) + b"x\0", b"fails\0\0")],
        }
        for name, script in steps.items():
            with self.subTest(name):
                connection = self.fleet.connect(name)
                secure = False
                for step in script:
                    if step == "tls":
                        connection = context.wrap_socket(connection, server_hostname="fleet.test")
                        secure = True
                        continue
                    got = ask(connection, *step)
                    self.assertTrue(got.endswith(step[1]), got)
                    if secure:
                        self.assertNotIn(b"STARTTLS", got)
                self.assertEqual(connection.recv(1), b"")
                connection.close()

    def test_postgres_error_is_well_formed(self):
        with self.fleet.connect("postgres-refused") as connection:
            self.assertEqual(ask(connection, struct.pack(">ii", 8, 80877103), b"N"), b"N")
            ask(connection, struct.pack(">ii", 17, 196608) + b"user\0me\0\0", b"\x03")
            got = ask(connection, b"p" + struct.pack(">i", 6) + b"x\0", b"fails\0\0")
            self.assertEqual(got[:1], b"E")
            self.assertEqual(struct.unpack(">i", got[1:5])[0], len(got) - 1)

    def test_refused(self):
        offers = {"smtp": (b"EHLO me\r\n", b"250 8", b"STARTTLS\r\n", b"STARTTLS"),
                  "imap": (b"a CAPABILITY\r\n", b"a OK", b"b STARTTLS\r\n", b"STARTTLS"),
                  "pop3": (b"CAPA\r\n", b".\r\n", b"STLS\r\n", b"STLS")}
        refusals = {"smtp-refused": b"454 ", "smtp-plain": b"502 ", "imap-refused": b"b NO ",
                    "imap-plain": b"b BAD ", "pop3-refused": b"-ERR ", "pop3-plain": b"-ERR "}
        for name, refusal in refusals.items():
            protocol, how = name.split("-")
            question, end, upgrade, offer = offers[protocol]
            with self.subTest(name), self.fleet.connect(name) as connection:
                read_until(connection, b"\n")
                self.assertEqual(offer in ask(connection, question, end), how == "refused")
                self.assertTrue(ask(connection, upgrade, b"\n").startswith(refusal))
        with self.fleet.connect("postgres-refused") as connection:
            self.assertEqual(ask(connection, struct.pack(">ii", 8, 80877103), b"N"), b"N")

    def test_injected(self):
        expected = {"smtp-injected": (b"STARTTLS\r\n", b"TLS\r\n250 injected\r\n"),
                    "imap-injected": (b"a STARTTLS\r\n", b"now\r\n* 1 EXISTS\r\n"),
                    "pop3-injected": (b"STLS\r\n", b"negotiation\r\n+OK injected\r\n"),
                    "postgres-injected": (struct.pack(">ii", 8, 80877103), b"SR\0\0\0\x08\0\0\0\0")}
        for name, (question, reply) in expected.items():
            with self.subTest(name), self.fleet.connect(name) as connection:
                if not name.startswith("postgres"):
                    read_until(connection, b"\n")
                # One segment, so that no client can take the two for separate answers.
                connection.sendall(question)
                self.assertTrue(connection.recv(65536).endswith(reply))

    def test_bytes_sent_ahead_of_tls_are_refused(self):
        with self.fleet.connect("smtp") as connection:
            read_until(connection, b"\n")
            ask(connection, b"EHLO me\r\n", b"250 8")
            connection.sendall(b"STARTTLS\r\nNOOP\r\n")
            self.assertEqual(read_until(connection, b"never"), b"220 2.0.0 Ready to start TLS\r\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
