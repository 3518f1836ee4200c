"""What is known of monitors over a restart: the state file, results in its place, and what a kill leaves behind."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from realservers import tracer
from realservers.peers import Listener

PATIENCE = 60  # seconds; only how long a broken program is waited for
# An address of its own, which no connection's own end has: that could take a port between two uses of it.
ADDRESS = "127.{}.{}.2".format(100 + os.getpid() // 250 % 100, os.getpid() % 250)


def reduced(results):
    """The histories that docs/state.md says these results make, by monitor."""
    histories = {}
    for result in results:
        if (result["failure"] or {}).get("code") == "local_shutdown":
            continue
        key = result["monitor"]["id"]
        now = histories.setdefault(key, {"id": key, "verdict": None, "changed_at": None, "checks": 0, "skipped": 0,
                                         "same_in_a_row": 0, "failed_in_a_row": 0, "passed_in_a_row": 0,
                                         "flap_bits": 0})
        verdict = result["verdict"]
        if verdict != now["verdict"]:
            now.update(verdict=verdict, changed_at=result["started_at"], same_in_a_row=0)
        now["checks"] += 1
        now["same_in_a_row"] += 1
        now["flap_bits"] = now["flap_bits"] << 1 & 0xFFFFFFFF
        if verdict == "unknown":
            continue
        grows, ends = ("failed_in_a_row", "passed_in_a_row")[::1 if verdict == "down" else -1]
        now["flap_bits"] |= now[ends] != 0
        now[grows] += 1
        now[ends] = 0
    return histories


class State(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.listener = Listener(ADDRESS)
        self.addCleanup(self.listener.close)
        with socket.create_server((ADDRESS, 0)) as reserved:
            self.closed = reserved.getsockname()[1]
        self.state = self.path("state.ndjson")
        with open(self.path("monitors.json"), "w", encoding="utf-8") as file:
            json.dump({"defaults": {"host": ADDRESS, "interval": "1s", "timeout": "20s"}, "monitors": [
                {"id": "web", "name": "web", "port": self.listener.port},
                {"id": "gone", "name": "gone", "port": self.closed}]}, file)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def start(self, *options, **streams):
        process = subprocess.Popen(tracer.command("run", "--control", "", "--state", self.state, *options,
                                                  self.path("monitors.json")),
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def once(self, *options, **streams):
        """One sweep; what it said on standard error. Something is down, and nothing else is wrong."""
        process = self.start("--once", *options, **streams)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1, errors)
        return (output or b"").decode(), errors.decode()

    def lines(self, path=None):
        with open(path or self.state, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def wait_for_state(self, of):
        """Until the state knows these monitors. It is whole whenever it is looked at."""
        end = time.monotonic() + PATIENCE
        while not of <= {line.get("id") for line in self.lines()}:
            self.assertLess(time.monotonic(), end, "no state came")
            time.sleep(0.02)

    def told_after_restart(self):
        """The first line of a run after `web` has gone, too."""
        process = self.start()
        self.assertIn(b"2 monitors known from before", process.stderr.readline())
        self.listener.close()
        line = process.stdout.readline().decode()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(rest, b"")
        return line

    def test_only_what_has_changed_is_told_after_a_restart(self):
        process = self.start()
        self.assertIn(b"down gone", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.once()  # both are known now, whatever the run came to
        self.assertRegex(self.told_after_restart(), r"down web: connection_re(fused|set) .*\(was up for \d+ checks?\)")

    def test_only_what_has_changed_is_told_after_a_kill(self):
        process = self.start("--state-interval", "0.1")
        self.assertIn(b"down gone", process.stdout.readline())
        self.wait_for_state({"web", "gone"})
        process.kill()
        process.communicate()
        self.assertRegex(self.told_after_restart(), r"down web: connection_re(fused|set) .*\(was up for \d+ checks?\)")

    def test_results_make_the_same_state(self):
        with open(self.path("results.jsonl"), "wb") as results:
            for _ in range(3):
                self.once("--json", stdout=results)
        kept = self.lines()[1:]
        results = self.lines(self.path("results.jsonl"))
        self.assertEqual({line["id"]: line for line in kept}, reduced(results))
        self.assertEqual([line["checks"] for line in kept], [3, 3])
        os.remove(self.state)
        output, errors = self.once("--json", "--restore-from", self.path("results.jsonl"))
        self.assertIn("results.jsonl: 2 monitors known from results\n", errors)
        results += [json.loads(line) for line in output.splitlines()]
        self.assertEqual({line["id"]: line for line in self.lines()[1:]}, reduced(results))
        self.assertEqual(self.lines()[0]["monitors"], 2)

    def test_a_torn_line_does_not_swallow_the_next(self):
        with open(self.path("results.jsonl"), "ab") as results:
            results.write(b'{"monitor":{"id":"web","na')
            results.flush()
            self.once("--json", stdout=results)
        with open(self.path("results.jsonl"), encoding="utf-8") as results:
            lines = results.read().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual({json.loads(line)["monitor"]["id"] for line in lines[1:]}, {"web", "gone"})
        os.remove(self.state)
        _, errors = self.once("--restore-from", self.path("results.jsonl"))
        self.assertIn("results.jsonl:1: it is not JSON; 1 damaged line left out", errors)

    def test_a_file_that_is_no_state_is_left_alone(self):
        with open(self.state, "w", encoding="utf-8") as file:
            file.write("precious\n")
        _, errors = self.once()
        self.assertIn("is neither a state file nor results (line 1: it is not JSON)", errors)
        with open(self.state, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious\n")

    def test_a_state_belongs_to_one_run(self):
        first = self.start()
        self.assertIn(b"down gone", first.stdout.readline())
        _, errors = self.once()
        self.assertIn("is in use by another run", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
