"""A storm of reloads, with additions, removals, edits and wrong documents: monitors that no edit concerns keep their
cadence, and nothing is reported twice. RELOAD_STORM_SECONDS says how long it blows."""

import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from realservers import tracer  # noqa: E402  (from the folder named above)
from realservers.peers import Listener  # noqa: E402

SECONDS = float(os.environ.get("RELOAD_STORM_SECONDS", "8"))
PAUSE = 0.2
PATIENCE = 60
ADDRESS = "127.{}.{}.7".format(100 + os.getpid() // 250 % 100, os.getpid() % 250)
STEADY = 200
INTERVAL_MS = 1000


class ReloadStorm(unittest.TestCase):
    def write(self, monitors):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump({"defaults": {"host": ADDRESS, "port": self.server.port, "interval": "1s", "timeout": "5s"},
                       "monitors": monitors}, file)
        os.rename(self.path + ".new", self.path)

    def document(self, turn):
        steady = [{"name": f"steady {i}"} for i in range(STEADY)]
        guests = [{"name": f"guest {(turn * 13 + i) % 40}", "timeout": f"{3 + turn % 2}s"} for i in range(20)]
        if turn % 5 == 4:
            guests.append({"name": "wrong", "port": 70000})
        return guests + steady if turn % 2 else steady + guests

    def test_unchanged_monitors_keep_their_cadence(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "monitors.json")
        self.server = Listener(ADDRESS)
        self.addCleanup(self.server.close)
        self.write(self.document(0))
        results = os.path.join(directory.name, "results.jsonl")
        messages = os.path.join(directory.name, "messages")
        with open(results, "wb") as out, open(messages, "wb") as err:
            command = tracer.command("run", "--control", "", "--json", self.path)
            process = subprocess.Popen(command, stdout=out, stderr=err)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while os.path.getsize(results) == 0:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        asked = 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            asked += 1
            self.write(self.document(asked))
            process.send_signal(signal.SIGHUP)
            time.sleep(PAUSE)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

        with open(messages, encoding="utf-8") as file:
            said = file.read()
        done = said.count("tracer: reloaded:")
        refused = said.count("not reloaded; the monitors so far go on")
        self.assertGreater(done, 0, said)
        self.assertGreater(refused, 0, said)
        self.assertLessEqual(done + refused, asked)  # several requests may be answered by one reading
        self.judge(results, asked, done, refused)

    def judge(self, results, asked, done, refused):
        scheduled = collections.defaultdict(list)
        with open(results, encoding="utf-8") as file:
            for line in file:
                result = json.loads(line)
                self.assertEqual(result["verdict"], "up", line)
                moment = result["scheduled_at"]
                milliseconds = round(1000 * (int(moment[17:19]) + float("0." + moment[20:23])))
                minutes = int(moment[11:13]) * 60 + int(moment[14:16])
                scheduled[result["monitor"]["name"]].append(minutes * 60_000 + milliseconds)
        steady = [name for name in scheduled if name.startswith("steady")]
        self.assertEqual(len(steady), STEADY)
        self.assertTrue(any(name.startswith("guest") for name in scheduled))
        self.assertNotIn("wrong", scheduled)
        gaps = collections.Counter()
        for name, moments in scheduled.items():
            self.assertEqual(len(moments), len(set(moments)), f"{name} was checked twice at one time")
            if name not in steady:
                continue
            for earlier, later in zip(moments, moments[1:]):
                gap = (later - earlier) % 86_400_000
                # Whole intervals; more than one only where the machine was too busy for a check.
                off = min(gap % INTERVAL_MS, -gap % INTERVAL_MS)
                self.assertLessEqual(off, 2, f"{name}: {gap} ms between checks")
                gaps[round(gap / INTERVAL_MS)] += 1
        print(f"{asked} requests: {done} reloads, {refused} refusals; intervals between checks of {STEADY} "
              f"unchanged monitors: {dict(gaps)}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
