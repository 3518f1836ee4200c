"""Every real server, checked by one document: all up; then stopped: each refused; and the servers
that are not set up for TLS: each with its own failure."""

import copy
import os
import sys
import unittest

from realservers.case import Fleet
from realservers.databases import Mariadb, Memcached, Postgresql, Redis
from realservers.mail import Dovecot, Postfix
from realservers.process import stop_all
from realservers.shell_and_brokers import Mosquitto, Sshd
from realservers.web import GnutlsServer, Nginx, OpensslServer, Vhost

SKIPPED = 77  # what ctest reports as skipped
MQTT_CONNECT = "101000044d5154540402003c000474657374"
MQTT_ACCEPTED = "20020000"
CERTIFICATE_ASSERTIONS = [
    {"type": "certificate_expiry", "greater_than": 30},
    {"type": "certificate_expiry", "greater_than": 30, "of": "leaf"},
    {"type": "certificate", "chain_valid": True},
    {"type": "certificate", "key_bits_at_least": 256},
    {"type": "tls_version", "in": ["TLSv1.2", "TLSv1.3"]},
]


class Services(Fleet):
    @classmethod
    def make_servers(cls):
        site, ec, rsa = cls.site, cls.pki.leaf("ec"), cls.pki.leaf("rsa", key="RSA")
        cls.tls12, cls.tls13, cls.mutual = site.port(), site.port(), site.port()
        client_ca = cls.pki.root.cert
        cls.nginx = Nginx(site, [
            Vhost(cls.tls12, rsa, "TLSv1.2"), Vhost(cls.tls13, ec, "TLSv1.3"),
            Vhost(cls.mutual, ec, client_ca=client_ca)])
        cls.postgres, cls.mariadb = Postgresql(site, ec), Mariadb(site)
        cls.redis, cls.memcached = Redis(site, ec), Memcached(site)
        cls.postfix, cls.dovecot = Postfix(site, rsa), Dovecot(site, ec)
        cls.sshd, cls.mosquitto = Sshd(site), Mosquitto(site, rsa)
        cls.openssl, cls.gnutls = OpensslServer(site, ec), GnutlsServer(site, rsa)
        return [cls.nginx, cls.postgres, cls.mariadb, cls.redis, cls.memcached, cls.postfix,
                cls.dovecot, cls.sshd, cls.mosquitto, cls.openssl, cls.gnutls]

    def secure(self, name, port, **settings):
        """Over TLS, with the certificate assertions on top of those of the caller."""
        starttls = settings.pop("starttls", "auto")
        return self.monitor(
            name, port, tls=self.tls(starttls=starttls, **settings.pop("tls", {})),
            assertions=CERTIFICATE_ASSERTIONS + settings.pop("assertions", []), **settings)

    def every_service(self):
        client = self.pki.leaf("client", usage="clientAuth", sans=["DNS:client.test"])
        get = {"send_after_connect": "GET / HTTP/1.0\\r\\n\\r\\n", "expect_response": "200 OK"}
        return [
            self.monitor("http", self.nginx.ports["http"], **get),
            self.secure("https-1.2", self.tls12, assertions=[
                {"type": "tls_version", "equals": "TLSv1.2"},
                {"type": "cipher", "matches": "^TLS_ECDHE_RSA_WITH_"}], **get),
            self.secure("https-1.3", self.tls13, assertions=[
                {"type": "tls_version", "equals": "TLSv1.3"},
                {"type": "cipher", "in": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                          "TLS_CHACHA20_POLY1305_SHA256"]},
                {"type": "response", "contains": "200 OK"},
                {"type": "ip", "in": ["127.0.0.0/8"]}], **get),
            self.secure("https-mutual", self.mutual, tls={
                "cert_file": client.chain, "key_file": client.key}, **get),
            self.secure("postgres", self.postgres.ports["postgres"], starttls="postgres"),
            self.monitor("mariadb", self.mariadb.ports["mysql"], expect_response="MariaDB"),
            self.monitor("redis", self.redis.ports["redis"], send_after_connect="PING\\r\\n",
                         expect_response="+PONG",
                         assertions=[{"type": "response", "equals": "+PONG\r\n"}]),
            self.secure("redis-tls", self.redis.ports["redis-tls"], send_after_connect="PING\\r\\n",
                        expect_response="+PONG"),
            self.monitor("memcached", self.memcached.ports["memcached"],
                         send_after_connect="version\r\n", expect_response_regex="^VERSION 1\\."),
            self.monitor("smtp-banner", self.postfix.ports["smtp"],
                         expect_response="220 mail.tracer.test ESMTP"),
            self.secure("smtp", self.postfix.ports["smtp"], starttls="smtp",
                        send_after_connect="EHLO tracer\\r\\n", expect_response="250 "),
            self.secure("submission", self.postfix.ports["submission"], starttls="smtp"),
            self.secure("imap", self.dovecot.ports["imap"], starttls="imap"),
            self.secure("imaps", self.dovecot.ports["imaps"], expect_response="* OK"),
            self.secure("pop3", self.dovecot.ports["pop3"], starttls="pop3"),
            self.secure("pop3s", self.dovecot.ports["pop3s"], expect_response="+OK"),
            self.monitor("ssh", self.sshd.ports["ssh"],
                         expect_response_regex="^SSH-2\\.0-OpenSSH_"),
            self.monitor("mqtt", self.mosquitto.ports["mqtt"],
                         send_after_connect_hex=MQTT_CONNECT,
                         expect_response_hex=MQTT_ACCEPTED),
            self.secure("mqtts", self.mosquitto.ports["mqtts"],
                        send_after_connect_hex=MQTT_CONNECT, expect_response_hex=MQTT_ACCEPTED),
            self.secure("s_server", self.openssl.ports["tls"], send_after_connect="abc\\n",
                        expect_response="cba"),
            self.secure("gnutls-serv", self.gnutls.ports["tls"], send_after_connect="echo\\n",
                        expect_response="echo"),
        ]

    def test_1_all_are_up(self):
        results = self.sweep(self.site, self.every_service())
        for name, result in results.items():
            with self.subTest(name):
                self.assert_up(result)
                self.assertEqual(result["address"], self.site.address)
                self.assertEqual(result["ip_family"], 4)
                self.assertEqual(result["attempts"], 1)
                self.assertTrue(all(outcome["passed"] for outcome in result["assertions"]))
        self.assertEqual(self.status, 0)

        excerpts = {name: result["response"]["excerpt"] for name, result in results.items()
                    if result["response"]}
        self.assertEqual(excerpts["redis"], "+PONG\r\n")
        self.assertEqual(results["redis"]["response"]["bytes"], 7)
        self.assertIs(results["redis"]["response"]["matched"], True)
        self.assertTrue(excerpts["ssh"].startswith("SSH-2.0-OpenSSH_"), excerpts["ssh"])

        for name, protocol in (("smtp", "smtp"), ("submission", "smtp"), ("imap", "imap"),
                               ("pop3", "pop3"), ("postgres", "postgres"), ("imaps", None)):
            with self.subTest(name):
                self.assertEqual(results[name]["tls"]["starttls"], protocol)
                measured = results[name]["timings_ms"]["starttls"] is not None
                self.assertEqual(measured, protocol is not None)
        for name in ("http", "redis", "ssh", "mariadb", "memcached", "mqtt"):
            self.assertIsNone(results[name]["tls"], name)
            self.assertIsNone(results[name]["certificate"], name)
            self.assertIsNone(results[name]["timings_ms"]["tls"], name)

    def test_2_phases_add_up(self):
        result = self.sweep(self.site, self.every_service()[2:3])["https-1.3"]
        timings = result["timings_ms"]
        for phase in ("connect", "tls", "response", "total"):
            self.assertGreater(timings[phase], 0, phase)
        phases = ("dns", "connect", "starttls", "tls", "response")
        parts = sum(timings[phase] or 0 for phase in phases)
        # Each figure is rounded to a microsecond by itself: half of one for each phase and for the total.
        self.assertLessEqual(parts, timings["total"] + 0.0005 * (len(phases) + 1))

    def test_3_an_old_version_below_the_minimum_fails(self):
        results = self.sweep(self.site, [
            self.secure("wants-1.3", self.tls12, tls={"min_version": "TLSv1.3"}),
            self.secure("wants-1.2", self.tls13, tls={"max_version": "TLSv1.2"})])
        for result in results.values():
            self.assert_down(result, "tls_version_unsupported", "tls")
        self.assertEqual(self.status, 1)

    def test_4_without_its_certificate_a_client_is_turned_away(self):
        # nginx completes the handshake and answers in HTTP that a certificate was required.
        monitor = self.secure("no-client-certificate", self.mutual,
                              send_after_connect="GET / HTTP/1.0\\r\\n\\r\\n",
                              expect_response="200 OK")
        result = self.sweep(self.site, [monitor])["no-client-certificate"]
        self.assertEqual(result["verdict"], "down")
        self.assertIn("400 Bad Request", result["response"]["excerpt"])

    def test_5_plain_ports_are_not_tls(self):
        ports = {
            "http": self.nginx.ports["http"], "ssh": self.sshd.ports["ssh"],
            "mysql": self.mariadb.ports["mysql"], "smtp": self.postfix.ports["smtp"],
            "imap": self.dovecot.ports["imap"], "memcached": self.memcached.ports["memcached"],
        }
        results = self.sweep(self.site, [
            self.monitor(name, port, tls=self.tls(starttls="none"))
            for name, port in ports.items()])
        for name, result in results.items():
            with self.subTest(name):
                self.assert_down(result, "tls_not_tls", "tls")
                self.assertIsNone(result["certificate"])

    def test_6_a_wrong_starttls_protocol_is_told(self):
        results = self.sweep(self.site, [
            self.secure("imap-asked-as-smtp", self.dovecot.ports["imap"], starttls="smtp"),
            self.secure("smtp-asked-as-imap", self.postfix.ports["smtp"], starttls="imap"),
            self.secure("ssh-asked-as-smtp", self.sshd.ports["ssh"], starttls="smtp")])
        for result in results.values():
            self.assert_down(result, "starttls_protocol_error", "starttls")

    def test_9_stopped_servers_refuse(self):
        stop_all(self.servers)
        monitors = self.every_service()
        inverted = copy.deepcopy(monitors[0])
        inverted.update(name="should-fail", should_fail=True)
        del inverted["expect_response"], inverted["send_after_connect"]
        failing = self.monitor("asserts-failure", self.redis.ports["redis"],
                               assertions=[{"type": "connection", "status": "failure"}])
        results = self.sweep(self.site, monitors + [inverted, failing])
        for monitor in monitors:
            with self.subTest(monitor["name"]):
                result = results[monitor["name"]]
                self.assert_down(result, "connection_refused", "connect")
                self.assertEqual(result["status"], "failure")
                self.assertIsNone(result["tls"] and result["tls"]["protocol"])
                self.assertIsNone(result["certificate"])
                for outcome in result["assertions"]:
                    self.assertFalse(outcome["passed"], outcome)
        self.assertEqual(results["should-fail"]["verdict"], "up")
        self.assertEqual(results["asserts-failure"]["verdict"], "up")
        self.assertEqual(self.status, 1)


class WithoutTls(Fleet):
    """Servers that speak the protocol and have no certificate: STARTTLS is refused."""

    @classmethod
    def make_servers(cls):
        cls.postfix, cls.dovecot = Postfix(cls.site), Dovecot(cls.site)
        cls.postgres = Postgresql(cls.site)
        return [cls.postfix, cls.dovecot, cls.postgres]

    def test_starttls_is_refused(self):
        ports = {"smtp": self.postfix.ports["submission"], "imap": self.dovecot.ports["imap"],
                 "pop3": self.dovecot.ports["pop3"], "postgres": self.postgres.ports["postgres"]}
        results = self.sweep(self.site, [
            self.monitor(protocol, port, tls=self.tls(starttls=protocol))
            for protocol, port in ports.items()])
        for protocol, result in results.items():
            with self.subTest(protocol):
                self.assert_down(result, "starttls_refused", "starttls")
                self.assertIsNone(result["certificate"])
        self.assertEqual(self.status, 1)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("SKIPPED: every test of services: Postfix starts as root only", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
