"""In a network namespace of its own, where servers have their real ports: the example document as
it stands, STARTTLS chosen by port number, and a network that drops and rejects."""

import os
import shutil
import subprocess
import time
import unittest

from realservers import namespace, tracer
from realservers.case import TracerCase
from realservers.databases import Mariadb, Memcached, Postgresql, Redis
from realservers.mail import Dovecot, Postfix
from realservers.names import Dnsmasq
from realservers.pki import Pki
from realservers.process import Site, start_all, stop_all
from realservers.shell_and_brokers import Mosquitto, Sshd
from realservers.web import Nginx, Vhost

SERVER = "192.0.2.10"
EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "examples")
NAMES = ("www", "mail", "postgres", "mysql", "redis", "memcached", "mqtt", "bastion")
LOG_PATIENCE = 60  # seconds; only how long a server that never logs is waited for


class RealPorts(TracerCase):
    @classmethod
    def setUpClass(cls):
        namespace.add_address(f"{SERVER}/32")
        cls.site = site = Site(SERVER)
        cls.addClassCleanup(site.close)
        cls.pki = pki = Pki(site.folder("pki"), host="www.example.org", address=SERVER)
        cls.company = Pki(site.folder("company"), host="intranet.example.org", address=SERVER)
        names = [f"DNS:{name}.example.org" for name in NAMES]
        leaf = pki.leaf("public", key="RSA", sans=names)
        private = cls.company.leaf("private", issuer=cls.company.company_root(), sans=[
            "DNS:intranet.example.org", "DNS:payments.example.org"])
        client = cls.company.leaf("client", usage="clientAuth")
        cls.folder = site.folder("etc")
        for source, name in ((cls.company.company_root().cert, "company-ca.pem"),
                             (client.chain, "client.pem"), (client.key, "client.key")):
            shutil.copyfile(source, os.path.join(cls.folder, name))
        records = [f"host-record={name}.example.org,{SERVER}"
                   for name in (*NAMES, "intranet", "payments", "printer", "old")]
        cls.postfix = Postfix(site, leaf, {"smtp": 25, "submission": 587})
        cls.servers = [
            Dnsmasq(site, records, {"dns": 53}),
            Nginx(site, [
                Vhost(443, leaf), Vhost(443, private, names=["intranet.example.org"]),
                Vhost(443, cls.company.self_signed(), names=["printer.example.org"]),
                Vhost(8443, private, client_ca=cls.company.root.cert)],
                {"http": 80}, plain="return 301 https://$host$request_uri;"),
            cls.postfix, Dovecot(site, leaf, {"imap": 143, "imaps": 993, "pop3": 110}),
            Postgresql(site, leaf, {"postgres": 5432}), Mariadb(site, ports={"mysql": 3306}),
            Redis(site, leaf, {"redis": 6379, "redis-tls": 6380}),
            Memcached(site, {"memcached": 11211}), Mosquitto(site, ports={"mqtt": 1883}),
            Sshd(site, {"ssh": 22})]
        cls.addClassCleanup(stop_all, cls.servers)
        start_all(cls.servers)
        namespace.use_resolver(site, SERVER)
        namespace.firewall("tcp dport 81 drop", "tcp dport 82 reject with tcp reset",
                           "tcp dport 84 reject with icmpx type host-unreachable",
                           "tcp dport 85 reject with icmpx type port-unreachable")

    def example(self):
        """The document, with the two things that a test cannot have: files in /etc/tracer, and
        promises about time on a busy machine."""
        with open(os.path.join(EXAMPLES, "services.yaml"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("/etc/tracer", self.folder).replace("less_than: 500", "less_than: 5000")
        path = os.path.join(self.site.directory, "services.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_example(self):
        done = tracer.run("run", "--once", "--json", self.example(),
                          env={"SSL_CERT_FILE": self.pki.ca_file})
        return done, tracer.parse_results(done.stdout)

    def test_1_the_example_document_is_valid(self):
        path = os.path.join(EXAMPLES, "services.yaml")
        if not os.path.exists("/etc/tracer"):
            path = self.example()
        done = tracer.run("validate", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("printer", done.stdout + done.stderr, "skip_hostname_verify is warned about")

    def test_2_all_of_the_example_document_is_up(self):
        done, results = self.run_example()
        for name, result in results.items():
            with self.subTest(name):
                self.assert_verdict(name, result)
                self.assertEqual(result["monitor"]["labels"],
                                 {"team": "platform", "environment": "production"})
        self.assertEqual(len(results), 18, sorted(results))
        self.assertNotIn("retired service", results)
        self.assertEqual(done.returncode, 0)
        chosen = {name: (result["tls"] or {}).get("starttls") for name, result in results.items()}
        self.assertEqual(
            {name: protocol for name, protocol in chosen.items() if protocol},
            {"incoming mail": "smtp", "mail submission": "smtp", "mailboxes": "imap",
             "mailboxes for old clients": "pop3", "orders database": "postgres"})
        self.assertEqual(results["mailboxes over TLS"]["monitor"]["port"], 993)
        self.assertIs(results["printer"]["tls"]["self_signed"], True)

    def test_3_one_stopped_server_takes_down_its_own_monitors_only(self):
        self.postfix.stop()
        try:
            _, results = self.run_example()
        finally:
            self.postfix.launch()
            self.postfix.wait_ready()
        for name, result in results.items():
            with self.subTest(name):
                if name in ("incoming mail", "mail submission"):
                    self.assert_down(result, "connection_refused", "connect")
                else:
                    self.assert_verdict(name, result)

    def assert_verdict(self, name, result):
        if name == "no telnet":  # up because it was refused
            self.assertEqual(result["verdict"], "up")
            self.assertEqual(result["failure"]["code"], "connection_refused")
        else:
            self.assert_up(result)

    def test_4_what_a_firewall_does_is_told_apart(self):
        monitors = [{"name": name, "host": SERVER, "port": port, "timeout": "1s"}
                    for name, port in (("dropped", 81), ("rejected", 82), ("closed", 83),
                                       ("no host", 84), ("no port", 85))]
        monitors.append({"name": "nowhere", "host": "198.51.100.1", "port": 80, "timeout": "1s"})
        results = self.sweep(self.site, monitors)
        self.assert_down(results["dropped"], "connection_timeout", "connect")
        self.assert_down(results["rejected"], "connection_refused", "connect")
        self.assert_down(results["closed"], "connection_refused", "connect")
        # The answer to these two comes while connect still runs.
        self.assert_down(results["no host"], "host_unreachable", "connect")
        self.assert_down(results["no port"], "connection_refused", "connect")
        self.assert_down(results["nowhere"], "network_unreachable", "connect")

    def test_5_source_address(self):
        namespace.add_address("192.0.2.99/32")
        monitor = {"name": "from", "host": SERVER, "port": 587, "source_address": "192.0.2.99"}
        self.assert_up(self.sweep(self.site, [monitor])["from"])
        self.assertTrue(self.logged(self.postfix.path("mail.log"), "[192.0.2.99]"), "not from that address")

    @staticmethod
    def logged(path, text):
        """Whether the server's log comes to hold the text: it is written when the server gets round to it."""
        deadline = time.monotonic() + LOG_PATIENCE
        while time.monotonic() < deadline:
            with open(path, encoding="utf-8") as log:
                if text in log.read():
                    return True
            time.sleep(0.1)
        return False

    def test_6_without_a_resolver_nobody_is_blamed(self):
        empty = Site("192.0.2.98")
        self.addCleanup(empty.close)
        namespace.use_resolver(empty, "192.0.2.98")
        try:
            monitor = {"name": "name", "host": "www.example.org", "port": 80, "timeout": "3s"}
            result = self.sweep(self.site, [monitor])["name"]
        finally:
            subprocess.run(["umount", os.path.realpath("/etc/resolv.conf")], check=True)
        self.assertEqual(result["verdict"], "unknown", tracer.summary(result))
        self.assertEqual(result["failure"]["phase"], "dns")
        self.assertEqual(self.status, 3)


if __name__ == "__main__":
    namespace.main()
