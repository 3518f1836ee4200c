"""Every protocol that upgrades a clear connection, against a real server of Debian's where there is one: that the port
answers, that TLS is reached, and that a server without TLS, clear bytes behind the go-ahead and an expired certificate
are each told by their code. The table is printed at the end."""

import os
import sys
import unittest

from realservers.case import Fleet
from realservers.databases import Mariadb, Postgresql
from realservers.interposed import injects, sql_server, telnet_server
from realservers.mail import Dovecot, Postfix
from realservers.peers import Peers
from realservers.process import start_all, stop_all
from realservers.upgrades import (
    Inspircd, NatsServer, Nnrpd, Prosody, Slapd, Vsftpd, Xrdp)

SKIPPED = 77  # what ctest reports as skipped
EXPECTED = {"plain": "up", "STARTTLS": "up", "without TLS": "starttls_refused",
            "injected": "starttls_protocol_error", "expired": "certificate_expired"}
COLUMNS = tuple(EXPECTED)
# What the server says of its own accord, or when it is asked the least there is to ask.
ASKED = {
    "ldap": {"send_after_connect_hex": "300c020101600702010304008000",  # an anonymous bind
             "expect_response_hex": "0a0100"},
    "postgres": {"send_after_connect_hex": "0000000804d2162f", "expect_response_regex": "^[SN]"},
    "mssql": {"send_after_connect_hex": "12010014000001000000060006ff090000000000",
              "expect_response_hex": "0401"},
    "rdp": {"send_after_connect_hex": "0300000b06e00000000000", "expect_response_hex": "0300"},
    "xmpp": {"send_after_connect": "<?xml version='1.0'?><stream:stream to='tracer.test' "
                                   "xmlns='jabber:client' version='1.0' "
                                   "xmlns:stream='http://etherx.jabber.org/streams'>",
             "expect_response": "<stream:stream"},
    "irc": {"send_after_connect": "CAP LS\r\n", "expect_response": " CAP "},
    "telnet": {"expect_response": "Welcome"},
    "nats": {"expect_response": "INFO {"},
    "mysql": {"expect_response": "MariaDB"},
    "imap": {"expect_response": "* OK"}, "pop3": {"expect_response": "+OK"},
    "sieve": {"expect_response": "OK "}, "nntp": {"expect_response": "200 "},
    "ftp": {"expect_response": "220 "}, "smtp": {"expect_response": "220 "},
    "lmtp": {"expect_response": "220 "},
}
ASKED["xmpp-server"] = {**ASKED["xmpp"], "send_after_connect":
                        ASKED["xmpp"]["send_after_connect"].replace(":client", ":server")}


class Starttls(Fleet):
    @classmethod
    def make_servers(cls):
        cls.peers = Peers(cls.site)
        cls.addClassCleanup(cls.peers.close)
        cls.table, cls.names = {}, {}
        cls.addClassCleanup(cls.print_table)
        return []

    @classmethod
    def print_table(cls):
        print(f"\n| protocol | server | {' | '.join(COLUMNS)} |")
        print("| --- " * (len(COLUMNS) + 2) + "|")
        for protocol, cells in sorted(cls.table.items()):
            codes = " | ".join(cells.get(column, "") for column in COLUMNS)
            print(f"| {protocol} | {cls.names[protocol]} | {codes} |")

    def servers_with(self, leaf):
        """Protocol → port, of servers that have this certificate, or none. They run until the test's end."""
        site = self.site
        servers = [Vsftpd(site, leaf), Postfix(site, leaf),
                   Dovecot(site, leaf, also=("lmtp", "sieve")), Nnrpd(site, leaf),
                   Inspircd(site, leaf), Slapd(site, leaf), Prosody(site, leaf),
                   Postgresql(site, leaf), Mariadb(site, leaf), Xrdp(site, leaf),
                   NatsServer(site, leaf)]
        start_all(servers)
        self.addCleanup(stop_all, servers)
        where = {protocol: (server.name, port) for server in servers
                 for protocol, port in server.ports.items() if protocol in ASKED}
        where["mssql"] = ("scripted", self.peers.listen(sql_server(leaf)))
        where["telnet"] = ("scripted", self.peers.listen(telnet_server(leaf)))
        self.assertEqual(set(where), set(ASKED))
        self.names.update((protocol, name) for protocol, (name, _) in where.items())
        return {protocol: port for protocol, (_, port) in where.items()}

    def upgraded(self, where):
        return self.sweep(self.site, [
            self.monitor(protocol, port, timeout="30s", tls=self.tls(starttls=protocol))
            for protocol, port in where.items()])

    def through(self, where, injected):
        return self.upgraded({protocol: self.peers.listen(injects(
            (self.site.address, port), protocol, injected)) for protocol, port in where.items()})

    def note(self, column, results, phase=None):
        for protocol, result in results.items():
            failure = result["failure"]
            self.table.setdefault(protocol, {})[column] = failure["code"] if failure else "up"
            with self.subTest(f"{protocol}, {column}"):
                if EXPECTED[column] == "up":
                    self.assert_up(result)
                else:
                    self.assert_down(result, EXPECTED[column], phase)
                self.assertEqual((result["tls"] or {}).get("starttls"),
                                 None if column == "plain" else protocol)

    def test_1_with_a_certificate(self):
        where = self.servers_with(self.pki.leaf("ec"))
        plain = self.sweep(self.site, [
            self.monitor(protocol, port, timeout="30s", **ASKED[protocol])
            for protocol, port in where.items()])
        self.note("plain", plain)
        upgraded = self.upgraded(where)
        self.note("STARTTLS", upgraded)
        for protocol, result in upgraded.items():
            with self.subTest(protocol):
                self.assertGreater(result["timings_ms"]["starttls"], 0)
                self.assertIs(result["tls"]["verified"], True)

        injected = self.through(where, b"injected\r\n")
        self.note("injected", injected, phase="starttls")
        # The same way with nothing added: it is the added bytes that were refused.
        for protocol, result in self.through(where, b"").items():
            with self.subTest(protocol):
                self.assert_up(result)
                self.assertRegex(injected[protocol]["failure"]["detail"],
                                 "clear text follows|says more than it was asked for")

    def test_2_without_tls(self):
        results = self.upgraded(self.servers_with(None))
        self.note("without TLS", results, phase="starttls")
        for protocol, result in results.items():
            with self.subTest(protocol):
                self.assertIsNone(result["certificate"])
                self.assertRegex(result["failure"]["detail"], "^the server")

    def test_3_with_an_expired_certificate(self):
        results = self.upgraded(self.servers_with(self.pki.expired()))
        self.note("expired", results, phase="tls")
        for protocol, result in results.items():
            with self.subTest(protocol):
                self.assertLess(result["certificate"]["days_remaining"], 0)

    def test_4_what_is_sent_goes_through_tls(self):
        # SQL Server's packets end with the handshake; what the monitor sends comes back without them.
        for script, protocol in ((sql_server, "mssql"), (telnet_server, "telnet")):
            for version in ("TLSv1.2", "TLSv1.3"):
                port = self.peers.listen(script(self.pki.leaf("ec")))
                monitor = self.monitor(
                    protocol, port, send_after_connect="echo", expect_response="echo",
                    tls=self.tls(starttls=protocol, min_version=version, max_version=version))
                result = self.sweep(self.site, [monitor])[protocol]
                self.assert_up(result)
                self.assertEqual(result["tls"]["protocol"], version)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("SKIPPED: every test of STARTTLS: Postfix starts as root only", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
