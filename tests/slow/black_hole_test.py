"""Sixty thousand connects in flight at a time, into a black hole, under 20,000 descriptors.

In a network namespace of its own, loopback drops what comes to one port, so every connect hangs until its timeout.
All of them must hang together; no socket may be a descriptor of the process; each is reported once, as timed out;
and what a connect in flight takes of the process's memory is bounded. With TRACER_TEST_RING=epoll, where sockets are
descriptors, as many hang as those allow.
"""

import collections
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from realservers import namespace, tracer  # noqa: E402  (from the folder named above)
from realservers.process import find_program  # noqa: E402

MONITORS = 60_000
DESCRIPTORS = 20_000
PORT = 7
# Room for every monitor although they fall to the rings by a hash, unevenly.
IN_FLIGHT = MONITORS * 16 // 15
FEW = 64
TIMEOUT = "30s"  # in which all of them must have been started
MEMORY_PER_CONNECT = 1024
PATIENCE = 600  # seconds; only how long a broken program is waited for
SKIPPED = 77  # what ctest reports as skipped


def in_flight(line):
    found = re.search(r" (\d+) in flight", line)
    return int(found[1]) if found else 0


class Sample:
    """What the process has at one moment."""

    def __init__(self, pid):
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        self.resident_bytes = int(fields["VmRSS"].split()[0]) * 1024
        self.threads = int(fields["Threads"])


class BlackHole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        namespace.firewall(f"tcp dport {PORT} drop")
        cls.directory = tempfile.TemporaryDirectory(prefix="tracer-black-hole-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.document = os.path.join(cls.directory.name, "monitors.json")
        monitors = [{"name": f"m{index}", "host": f"127.{1 + index // 62500}.{index // 250 % 250}.{1 + index % 250}"}
                    for index in range(MONITORS)]
        with open(cls.document, "w", encoding="utf-8") as file:
            json.dump({"defaults": {"port": PORT, "timeout": TIMEOUT}, "monitors": monitors}, file)

    def start(self, in_flight_asked, output):
        process = subprocess.Popen(
            tracer.command("run", "--once", "--json", "--stats-interval", "0.2", "--in-flight", in_flight_asked,
                           self.document),
            stdout=output, stderr=subprocess.PIPE, text=True, env=tracer.environment(),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)))
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.stderr.close()
        process.wait(PATIENCE)

    def sample_at(self, process, wanted):
        """The process's first statistics with so much in flight, and what it has then."""
        for line in process.stderr:
            if in_flight(line) >= wanted:
                return Sample(process.pid)
        self.fail(f"there were never {wanted} in flight")

    def test_they_hang_together_and_are_reported(self):
        epoll = os.environ.get("TRACER_TEST_RING") == "epoll"
        together = DESCRIPTORS * 99 // 100 if epoll else MONITORS
        with open(os.devnull, "w", encoding="ascii") as nowhere:
            idle = self.start(FEW, nowhere)
            before = self.sample_at(idle, FEW)
            self.end(idle)
        path = os.path.join(self.directory.name, "results")
        with open(path, "w", encoding="utf-8") as output:
            process = self.start(IN_FLIGHT, output)
            at_peak = self.sample_at(process, together)
            bytes_each = (at_peak.resident_bytes - before.resident_bytes) / together
            print(f"{together} in flight: {at_peak.descriptors} descriptors, {at_peak.threads} threads, "
                  f"{at_peak.resident_bytes >> 20} MiB resident, {bytes_each:.0f} bytes for each", file=sys.stderr)
            self.assertLessEqual(bytes_each, MEMORY_PER_CONNECT)
            if not epoll:
                self.assertLess(at_peak.descriptors, 100)
            for _ in process.stderr:  # to the end
                pass
            self.assertEqual(process.wait(PATIENCE), 1)
        seen = collections.Counter()
        with open(path, encoding="utf-8") as results:
            for line in results:
                result = json.loads(line)
                seen[result["monitor"]["name"]] += 1
                self.assertEqual(result["failure"]["code"], "connection_timeout", line)
        self.assertEqual(len(seen), MONITORS)
        self.assertEqual(set(seen.values()), {1})


def reason_to_skip():
    if os.environ.get("TRACER_SANITIZE"):
        return "what memory a sanitizer takes is not the program's"
    return namespace.enter()


if __name__ == "__main__":
    find_program("nft", "nftables")
    reason = reason_to_skip()
    if reason:
        print(f"SKIPPED: {reason}", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
