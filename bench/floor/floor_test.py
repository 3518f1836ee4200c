#!/usr/bin/env python3
"""Runs every floor for a moment, and holds what it prints to bench/README.md.

    floor_test.py FOLDER FLEETSIM CERTIFICATE KEY
"""

import json
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = FLEETSIM = CERTIFICATE = KEY = None
KEYS = ["program", "probes", "succeeded", "user_s", "system_s", "wall_s", "in_flight"]
TCP_ACCEPT, TLS13 = 0, 43  # offsets of the services' ports


def floor(name, *options):
    return subprocess.run([Path(FOLDER) / name, *map(str, options)], capture_output=True, text=True, check=False,
                          timeout=60)


class Floors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = subprocess.Popen([FLEETSIM, "--demo", "--base-port", "0", "--until-stdin-closes"],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = cls.fleet.stdout.readline()
        cls.base_port = int(ready.split("base_port=")[1].split()[0])

    @classmethod
    def tearDownClass(cls):
        cls.fleet.stdin.close()
        cls.fleet.wait()
        cls.fleet.stdout.close()

    def prints(self, name, *options):
        done = floor(name, *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(done.stdout.count("\n"), 1)
        result = json.loads(done.stdout)
        self.assertEqual(list(result)[:len(KEYS)], KEYS)
        self.assertEqual((result["program"], result["succeeded"]), (name, result["probes"]))
        for key in ("user_s", "system_s", "wall_s"):
            self.assertGreaterEqual(result[key], 0)
        return result

    def target(self, offset):
        return f"127.1.1.1:{self.base_port + offset}"

    def test_connect(self):
        result = self.prints("connect_floor", "--target", self.target(TCP_ACCEPT), "--addresses", 300, "--in-flight",
                             64, "--count", 2000, "--warm", 100)
        self.assertEqual((result["probes"], result["in_flight"], result["addresses"]), (2000, 64, 300))
        self.assertGreater(result["user_s"] + result["system_s"], 0)

    def test_fewer_than_may_be_in_flight(self):
        self.prints("connect_floor", "--target", self.target(TCP_ACCEPT), "--in-flight", 64, "--count", 3)

    def test_tls(self):
        result = self.prints("tls_floor", "--target", self.target(TLS13), "--addresses", 3, "--in-flight", 32,
                             "--count", 200, "--warm", 10, "--server-name", "www.fleet.test")
        self.assertEqual((result["probes"], result["in_flight"], result["addresses"]), (200, 32, 3))

    def test_handshake(self):
        result = self.prints("handshake_floor", "--certificate", CERTIFICATE, "--key", KEY, "--count", 50, "--warm", 5)
        self.assertEqual((result["probes"], result["in_flight"]), (50, 1))
        self.assertGreater(result["user_s"], 0)

    def test_queue(self):
        result = self.prints("queue_floor", "--count", 100_000, "--record-bytes", 100)
        self.assertEqual((result["probes"], result["record_bytes"]), (100_000, 100))
        self.prints("queue_floor", "--count", 10)

    def test_json(self):
        for options, name in ([], "monitors.json"), (["--ndjson"], "monitors.ndjson"):
            with tempfile.TemporaryDirectory() as folder:
                document = Path(folder) / name
                with document.open("wb") as out:
                    subprocess.run([FLEETSIM, "--emit", "700", *options], stdout=out, check=True)
                size = document.stat().st_size
                result = self.prints("json_floor", "--file", document, "--count", 3)
            self.assertEqual((result["probes"], result["bytes"]), (2100, size), name)

    def test_list_of_monitors(self):
        with tempfile.TemporaryDirectory() as folder:
            document = Path(folder) / "list.json"
            document.write_text('[{"host": "a", "port": 1.5}, {"tags": [true, null, {}]}]', encoding="utf-8")
            result = self.prints("json_floor", "--file", document)
        # Three keys and one string have thirteen letters; and then there are a number, true and null.
        self.assertEqual((result["probes"], result["touched"]), (2, 13 + 1 + 1 + 1))

    def test_failures_are_told(self):
        with socket.socket() as bound:  # and not listening
            bound.bind(("127.0.0.1", 0))
            target = f"127.0.0.1:{bound.getsockname()[1]}"
            for name in ("connect_floor", "tls_floor"):
                done = floor(name, "--target", target, "--in-flight", 8, "--count", 20)
                result = json.loads(done.stdout)
                self.assertEqual((done.returncode, result["probes"], result["succeeded"]), (1, 20, 0))
        done = floor("tls_floor", "--target", self.target(TCP_ACCEPT + 9), "--count", 5, "--in-flight", 2)
        self.assertEqual((done.returncode, json.loads(done.stdout)["succeeded"]), (1, 0))

    def test_nonsense_is_refused(self):
        for options in (["--target", "127.0.0.1"], ["--target", "127.0.0.1:65536"], ["--count", "many"],
                        ["--target", "127.0.0.1:1", "--addresses", "0"], ["--nonsense", "1"], ["--count"], [],
                        ["--target", "127.0.0.1:1", "--in-flight", "0"]):
            done = floor("connect_floor", *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertTrue(done.stderr.startswith("error: "), done.stderr)


if __name__ == "__main__":
    FOLDER, FLEETSIM, CERTIFICATE, KEY = sys.argv[1:5]
    del sys.argv[1:5]
    unittest.main()
