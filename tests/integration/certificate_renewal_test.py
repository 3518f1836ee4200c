"""Roots that are replaced while a run goes on: with --ca-reload it judges by the new ones without a restart."""

import json
import os
import signal
import subprocess
import unittest

from realservers import tracer
from realservers.case import Fleet
from realservers.web import OpensslServer


class CertificateRenewal(Fleet):
    @classmethod
    def make_servers(cls):
        cls.server = OpensslServer(cls.site, cls.pki.leaf("leaf"))
        return [cls.server]

    def replace(self, text):
        """As update-ca-certificates does it: another file takes the name."""
        with open(self.roots + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.roots + ".new", self.roots)

    def start(self, *options):
        self.roots = os.path.join(self.site.directory, "roots.pem")
        with open(self.pki.stranger.cert, encoding="ascii") as file:
            self.replace(file.read())
        monitor = self.monitor("web", self.server.ports["tls"], interval="200ms", tls=self.tls(ca_file=self.roots))
        document = os.path.join(self.site.directory, "monitors.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump(monitor, file)
        process = subprocess.Popen(
            tracer.command("run", "--json", "--allow-subsecond", "--control", "", *options, document),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=tracer.environment())
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def verdicts(self, process):
        for line in process.stdout:
            yield json.loads(line)["verdict"]

    def test_new_roots_count_at_once_and_broken_ones_never(self):
        process = self.start("--ca-reload")
        verdicts = self.verdicts(process)
        self.assertEqual(next(verdicts), "down")
        with open(self.pki.ca_file, encoding="ascii") as file:
            self.replace(file.read())
        for verdict in verdicts:
            if verdict == "up":
                break
        self.assertIn("certificates read again", process.stderr.readline())
        self.replace("this is no certificate")
        self.assertIn("the certificates so far go on", process.stderr.readline())
        self.assertEqual([next(verdicts) for _ in range(3)], ["up"] * 3)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=tracer.SECONDS)
        self.assertEqual(process.returncode, 0, errors)

    def test_without_the_option_a_reload_has_the_same_effect(self):
        process = self.start()
        verdicts = self.verdicts(process)
        self.assertEqual(next(verdicts), "down")
        with open(self.pki.ca_file, encoding="ascii") as file:
            self.replace(file.read())
        process.send_signal(signal.SIGHUP)
        for verdict in verdicts:
            if verdict == "up":
                break
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=tracer.SECONDS)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("0 added, 0 removed, 0 changed, 1 unchanged", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
