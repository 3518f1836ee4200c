#!/usr/bin/env python3
"""tracer against the simulated fleet: each monitor carries, as its label `expect`, what must be reported."""

import json
import os
import re
import subprocess
import unittest

from realservers import tracer
from simfleet.fleet import FLEETSIM, FleetCase, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SWEEP_PATIENCE_S = 280
DEMO_BASE_PORT = 21000


def sweep(fleet, name, document, *options):
    """Checks a document once: (exit status, results in the order of arrival, standard error)."""
    path = os.path.join(fleet.directory.name, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)
    done = subprocess.run(tracer.command("run", "--once", "--json", *options, path), capture_output=True,
                          text=True, timeout=SWEEP_PATIENCE_S, env=tracer.environment())
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def found(result):
    """In the words of the label `expect`; an alert's name is left out."""
    if result["verdict"] in ("up", "degraded"):
        return result["verdict"]
    return (result["failure"] or {"code": "no failure"})["code"].split("(")[0]


class FleetSweep(FleetCase):
    def emit(self, *arguments):
        return run(FLEETSIM, "--emit", *arguments, "--base-port", str(self.fleet.base_port),
                   "--ca-file", self.fleet.ca)

    def assert_as_expected(self, results):
        for result in results:
            with self.subTest(result["monitor"]["name"]):
                self.assertEqual(found(result), result["monitor"]["labels"]["expect"],
                                 tracer.summary(result))

    def test_demo_document(self):
        with open(os.path.join(ROOT, "docs", "examples", "demo.yaml"), encoding="utf-8") as file:
            document = file.read()
        document, ports = re.subn(
            r"(?m)^( *port: )(\d+)$",
            lambda found_port: found_port[1] + str(int(found_port[2]) - DEMO_BASE_PORT + self.fleet.base_port),
            document)
        made = os.path.dirname(self.fleet.ca)
        status, results, errors = sweep(self.fleet, "demo.yaml",
                                        document.replace("build/demo/", made + "/"))
        self.assertEqual(status, 1, errors)
        disabled = document.count("enabled: false")
        self.assertEqual(len({result["monitor"]["name"] for result in results}), ports - disabled)
        self.assertEqual(len(results), ports - disabled)
        self.assert_as_expected(results)
        self.assertEqual({result["monitor"]["port"] for result in results},
                         {service["port"] for service in self.fleet.services.values()},
                         "the demo shows every service")

    def test_every_service(self):
        monitors = json.loads(self.emit("300", "--mix", "all", "--tls-share", "0.6"))["monitors"]
        status, results, errors = sweep(self.fleet, "all.json", json.dumps(monitors))
        self.assertEqual(status, 1, errors)
        self.assertEqual(sorted(result["monitor"]["name"] for result in results),
                         [monitor["name"] for monitor in monitors])
        self.assert_as_expected(results)

    def test_twenty_thousand(self):
        # Few at a time, so that a slow build on a busy machine does not run into the monitors' timeouts.
        count = 20000
        status, results, errors = sweep(self.fleet, "many.json", self.emit(str(count)), "--in-flight", "256")
        self.assertEqual({result["verdict"] for result in results}, {"up"}, errors)
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(results), count)
        self.assertEqual(len({result["monitor"]["name"] for result in results}), count)
        self.assertEqual(sum(result["tls"] is not None for result in results), 6667)


if __name__ == "__main__":
    unittest.main(verbosity=2)
