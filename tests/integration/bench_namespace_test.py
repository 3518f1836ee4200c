"""`tracer bench` in a network namespace of its own: a target beyond loopback, and too few local ports."""

import json
import socket
import subprocess
import threading
import unittest

from realservers import namespace, tracer

SERVER = "192.0.2.10"
PORTS = 100


class Holder:
    """Accepts, says nothing, and holds every connection."""

    def __init__(self, port):
        self.held = []
        self.port = port
        self.socket = socket.create_server((SERVER, port), backlog=1000)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            self.held.append(self.socket.accept()[0])


class BenchNamespace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        namespace.add_address(f"{SERVER}/32")
        subprocess.run(["sysctl", "-q", "-w", f"net.ipv4.ip_local_port_range=40000 {40000 + PORTS - 1}"], check=True)

    def bench(self, holder, *arguments):
        return tracer.run("bench", "--quiet", *arguments, f"{SERVER}:{holder.port}")

    def test_1_this_machine_beyond_loopback_takes_a_word_of_its_owner(self):
        holder = Holder(80)
        done = self.bench(holder, "--count", 10)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--i-own-this-target", done.stderr)
        self.assertEqual(holder.held, [])
        done = self.bench(holder, "--json", "--count", 10, "--i-own-this-target")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["connections"]["succeeded"], 10)

    def test_2_want_of_local_ports_is_told_from_what_the_server_does(self):
        holder = Holder(81)
        wanted = 3 * PORTS
        arguments = ["--i-own-this-target", "--count", wanted, "--concurrency", wanted, "--expect", "never said",
                     "--timeout", "3s"]
        done = self.bench(holder, "--json", *arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        result = json.loads(done.stdout)
        counts = {failure["code"]: failure["count"] for failure in result["failures"]}
        self.assertLessEqual(set(counts), {"local_resources", "response_timeout"})
        self.assertGreaterEqual(counts["local_resources"], wanted - PORTS)
        self.assertEqual(result["connections"]["without_port"], counts["local_resources"])
        (failure,) = [failure for failure in result["failures"] if failure["code"] == "local_resources"]
        self.assertEqual((failure["phase"], failure["detail"]), ("connect", "connect: Cannot assign requested address"))
        done = tracer.run("bench", *arguments, f"{SERVER}:{holder.port}")
        self.assertIn("found no free local port: too many connections from this machine to one port", done.stdout)

    def test_3_a_reset_frees_the_port_at_once(self):
        holder = Holder(82)
        arguments = ["--json", "--i-own-this-target", "--count", 3 * PORTS, "--concurrency", 10]
        done = self.bench(holder, "--reset", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(json.loads(done.stdout)["connections"]["succeeded"], 3 * PORTS)
        # The server closes nothing, so each port of an orderly close is held for a minute.
        done = self.bench(holder, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertGreaterEqual(json.loads(done.stdout)["connections"]["without_port"], 2 * PORTS)


if __name__ == "__main__":
    namespace.main()
