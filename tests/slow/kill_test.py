"""kill -9, fifty times, under load: what a run has finished is there, once, and a restart tells only what is new.

Two runs go on side by side and are killed together: one writes results of some hundred monitors as JSON lines, the
other tells people of changes. Everything is judged by what was recorded, in the order in which it happened.
"""

import collections
import datetime
import json
import os
import random
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from realservers import tracer  # noqa: E402  (from the folder named above)

KILLS = 50
LONG_RUNS = {20: 8.0, 40: 8.0}  # seconds; the others last up to SHORT_RUN
SHORT_RUN = 1.2
INTERVAL = 1.0
FLUSH = 0.2  # docs/results.md: how long a finished result may wait in the program
SLACK = 4.0  # for a machine that is busy with other things
ADDRESS = "127.{}.{}.3".format(100 + os.getpid() // 250 % 100, os.getpid() % 250)


class Server(threading.Thread):
    """Accepts on many ports, closes at once, and keeps what was accepted: (run, time) by port."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.accepted = collections.defaultdict(list)
        self.run_number = 0
        self.control, inner = socket.socketpair()
        self.selector.register(inner, selectors.EVENT_READ)
        self.requests = collections.deque()
        self.start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    key.fileobj.recv(1)
                    self.requests.popleft()()
                    key.fileobj.send(b".")
                else:
                    self.accept(key.fileobj, key.data)

    def accept(self, listener, port):
        while True:
            try:
                listener.accept()[0].close()
            except OSError:  # no more of them, or one that is gone already
                return
            self.accepted[port].append((self.run_number, time.time()))

    def call(self, function):
        """Done by the server's own thread, between two looks at its ports."""
        self.requests.append(function)
        self.control.send(b".")
        self.control.recv(1)

    def open(self, port=0):
        listener = socket.create_server((ADDRESS, port))
        listener.setblocking(False)
        port = listener.getsockname()[1]
        self.call(lambda: self.selector.register(listener, selectors.EVENT_READ, port))
        return listener, port

    def close(self, listener, port):
        def act():
            self.accept(listener, port)
            self.selector.unregister(listener)
            listener.close()
        self.call(act)

    def next_run(self):
        """What was connected before is counted before: two looks at all ports."""
        self.call(lambda: None)
        self.call(lambda: None)
        self.run_number += 1


class Flipping:
    """A port that is open and closed by turns, and when it was which."""

    def __init__(self, server):
        self.server = server
        self.listener, self.port = server.open()
        self.turns = [(time.time(), True)]

    def flip(self):
        if self.listener:
            self.server.close(self.listener, self.port)
            self.listener = None
        else:
            self.listener, _ = self.server.open(self.port)
        self.turns.append((time.time(), self.listener is not None))

    def possible(self, moment):
        """The states it may have been seen in then."""
        near = [state for at, state in self.turns if abs(at - moment) < SLACK / 2]
        before = [state for at, state in self.turns if at <= moment]
        return set(near + before[-1:])


def unix(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def whole_lines(path):
    """The lines that have ended, and what is left."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    return lines[:-1], lines[-1]


class Kill(unittest.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
        print(f"KILL_SEED={self.seed}", file=sys.stderr)
        self.random = random.Random(self.seed)
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.server = Server()
        with socket.create_server((ADDRESS, 0)) as reserved:
            self.closed = reserved.getsockname()[1]
        # Something else wants the processors, too.
        load = subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=lambda: os.nice(5))
        self.addCleanup(load.communicate)
        self.addCleanup(load.kill)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def document(self, name, ports):
        with open(self.path(name), "w", encoding="utf-8") as file:
            json.dump({"defaults": {"host": ADDRESS, "interval": "1s", "timeout": "60s"},
                       "monitors": [{"id": key, "name": key, "port": port} for key, port in ports.items()]}, file)
        return self.path(name)

    def start(self, document, state, output, *options):
        with open(self.path(output), "ab") as results:
            command = tracer.command("run", "--control", "", "--threads", "2", "--state", self.path(state),
                                     "--state-interval", "0.2", *options, document)
            process = subprocess.Popen(command, stdout=results, stderr=subprocess.PIPE)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def kill(self, process):
        self.assertIsNone(process.poll(), "ended by itself")
        process.kill()
        _, errors = process.communicate()
        self.assertNotIn(b"warning", errors)

    def state(self, name):
        """Whole at any moment, or not begun yet."""
        lines, rest = whole_lines(self.path(name))
        self.assertEqual(rest, "")
        if not lines:
            return {}
        self.assertEqual(json.loads(lines[0])["monitors"], len(lines) - 1)
        return {line["id"]: line for line in map(json.loads, lines[1:])}

    def test_fifty_kills(self):
        self.up = {f"up {i}": self.server.open()[1] for i in range(250)}
        down = {f"down {i}": self.closed for i in range(50)}
        for_programs = self.document("programs.json", {**self.up, **down})
        self.flipping = {f"flip {i}": Flipping(self.server) for i in range(20)}
        steady = {f"steady up {i}": self.server.open()[1] for i in range(10)}
        for_people = self.document("people.json", {
            **steady, **{f"steady down {i}": self.closed for i in range(10)},
            **{key: flipping.port for key, flipping in self.flipping.items()}})

        self.runs = []  # (start, kill)
        told = 0
        checks = collections.Counter()
        for number in range(KILLS):
            known = self.state("people.state") if number else {}
            begin = time.time()
            programs = self.start(for_programs, "programs.state", "results.jsonl", "--json")
            people = self.start(for_people, "people.state", f"changes {number}")
            length = LONG_RUNS.get(number, self.random.uniform(0.1, SHORT_RUN))
            time.sleep(length / 2)
            for flipping in self.random.sample(list(self.flipping.values()), 3):
                flipping.flip()
            time.sleep(length / 2)
            self.runs.append((begin, time.time()))
            self.kill(programs)
            self.kill(people)
            self.server.next_run()
            told += self.judge_changes(f"changes {number}", known)
            checks = self.judge_state(checks)
        self.judge_results()
        self.assertGreater(told, 0)

    def judge_changes(self, name, known):
        """Every line is news, and true; returns how many there are."""
        lines, _ = whole_lines(self.path(name))
        verdicts = {key: line["verdict"] for key, line in known.items()}
        for line in lines:
            moment, verdict, key = re.match(r"(\S+) \S+ (\w+) (\w[\w ]*\d)", line).groups()
            self.assertNotEqual(verdict, verdicts.get(key, "up"), f"{name}: no news: {line}; known: {known.get(key)}")
            verdicts[key] = verdict
            if key.startswith("flip"):
                states = self.flipping[key].possible(unix(moment))
            else:
                states = {key.startswith("steady up")}
            self.assertIn({"up": True, "down": False}.get(verdict), states, line)
        return len(lines)

    def judge_state(self, earlier):
        """It never goes back, and never counts a result that is not in the file."""
        checks = collections.Counter({key: line["checks"] for key, line in self.state("programs.state").items()})
        for key, count in earlier.items():
            self.assertGreaterEqual(checks[key], count, key)
        written = collections.Counter(result["monitor"]["id"] for result in self.results()[0])
        for key, count in checks.items():
            self.assertLessEqual(count, written[key], key)
        return checks

    def results(self):
        lines, rest = whole_lines(self.path("results.jsonl"))
        results, torn = [], 0
        for line in lines + [rest] if rest else lines:
            try:
                results.append(json.loads(line))
            except ValueError:
                torn += 1
        return results, torn

    def judge_results(self):
        results, torn = self.results()
        self.assertLessEqual(torn, KILLS)
        seen = collections.Counter((result["monitor"]["id"], result["scheduled_at"]) for result in results)
        self.assertEqual([key for key, count in seen.items() if count > 1], [])
        by_run = collections.defaultdict(lambda: collections.defaultdict(list))
        for result in results:
            key, started = result["monitor"]["id"], unix(result["started_at"])
            self.assertEqual(result["verdict"], key.split()[0])
            run = sum(start <= started for start, _ in self.runs) - 1
            by_run[run][key].append(started)
        lost = 0
        for run, (_, killed) in enumerate(self.runs):
            for key, port in self.up.items():
                lost += self.judge_run(run, killed, by_run[run][key],
                                       [at for number, at in self.server.accepted[port] if number == run])
        for run in LONG_RUNS:
            start, killed = self.runs[run]
            expected = (killed - start - FLUSH - SLACK) / INTERVAL - 1
            for key, times in by_run[run].items():
                self.assertGreaterEqual(len(times), expected, f"{key} in run {run}")
            self.assertEqual(len(by_run[run]), 300, f"run {run}")
        print(f"{KILLS} kills: {len(results)} results, {torn} torn lines, {lost} checks under way or not flushed",
              file=sys.stderr)

    def judge_run(self, run, killed, results, accepted):
        """A monitor's checks follow each other; so what is lost of a run is its end alone. Returns how many."""
        if results:
            # One that was connected before the last one in the file began has its result in the file.
            before = sum(at < max(results) for at in accepted)
            self.assertLessEqual(before, len(results) - 1, f"run {run}: a result is missing in the middle")
        lost = accepted[len(results):]
        for at in lost:
            self.assertGreater(at, killed - FLUSH - SLACK, f"run {run}: a result was held back for too long")
        return len(lost)


if __name__ == "__main__":
    unittest.main(verbosity=2)
