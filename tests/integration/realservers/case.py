"""The unittest case that the integration tests share: a sweep, and judgements of its results."""

import unittest

from . import tracer
from .pki import Pki
from .process import Site, start_all, stop_all


class TracerCase(unittest.TestCase):
    maxDiff = None

    def sweep(self, site, monitors, *options, env=None):
        self.status, results = tracer.sweep(site, monitors, *options, env=env)
        return results

    def assert_up(self, result):
        self.assertEqual(result["verdict"], "up", tracer.summary(result))
        self.assertEqual(result["status"], "success", tracer.summary(result))
        self.assertIsNone(result["failure"])

    def assert_down(self, result, code, phase=None):
        self.assertEqual(result["verdict"], "down", tracer.summary(result))
        self.assertEqual(result["failure"]["code"], code, tracer.summary(result))
        if phase:
            self.assertEqual(result["failure"]["phase"], phase, tracer.summary(result))
        self.assertTrue(result["failure"]["hint"], "a failure tells the operator what to check")


class Fleet(TracerCase):
    """A case with a Site and servers of its own for the whole class: override make_servers()."""

    @classmethod
    def make_servers(cls):
        return []

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.pki = Pki(cls.site.folder("pki"), address=cls.site.address)
        cls.servers = cls.make_servers()
        cls.addClassCleanup(cls._stop)
        start_all(cls.servers)

    @classmethod
    def _stop(cls):
        stop_all(cls.servers)

    def monitor(self, name, port, **settings):
        return {"name": name, "host": self.site.address, "port": port, **settings}

    def tls(self, **settings):
        """TLS towards the tests' own root, by the name that their certificates carry."""
        return {"enabled": True, "ca_file": self.pki.ca_file, "server_name": self.pki.host,
                **settings}
