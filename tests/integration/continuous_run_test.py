"""A run that goes on: its schedule, what it tells of changes, how it stops, what it tells a service manager."""

import datetime
import json
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import unittest

from realservers import tracer
from realservers.peers import Listener

PATIENCE = 60  # seconds; only how long a broken program is waited for
# An address of its own, which no connection's own end has: that could take a port between two uses of it.
ADDRESS = "127.{}.{}.1".format(100 + os.getpid() // 250 % 100, os.getpid() % 250)


class ContinuousRun(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.listener = Listener(ADDRESS)
        self.addCleanup(lambda: self.listener.close())
        with socket.create_server((ADDRESS, 0)) as reserved:
            self.closed = reserved.getsockname()[1]

    def write(self, monitors):
        """The document, put in the place of the one before as a whole."""
        path = os.path.join(self.directory.name, "monitors.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"defaults": {"host": ADDRESS, "interval": "1s", "timeout": "20s"}, "monitors": monitors},
                      file)
        os.rename(path + ".new", path)
        return path

    def start(self, monitors, *options, env=None):
        path = self.write(monitors)
        process = subprocess.Popen(tracer.command("run", *options, path), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**os.environ, "XDG_RUNTIME_DIR": self.directory.name,
                                                                 **(env or {})})
        self.addCleanup(self.end, process)
        self.unread = b""
        self.readable = selectors.DefaultSelector()
        self.addCleanup(self.readable.close)
        self.readable.register(process.stdout, selectors.EVENT_READ)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def line(self, process):
        """The next line of standard output, read past the stream's own buffer, which communicate() does not know."""
        while b"\n" not in self.unread:
            self.assertTrue(self.readable.select(PATIENCE), "no line came")
            piece = os.read(process.stdout.fileno(), 65536)
            self.assertTrue(piece, "the output ended")
            self.unread += piece
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def rest(self, process):
        """Everything to the end of the program, and what it said on standard error."""
        output, errors = process.communicate(timeout=PATIENCE)
        return (self.unread + output).decode(), errors

    def test_keeps_its_schedule_and_loses_nothing_when_interrupted(self):
        up = [{"name": f"up {i}", "port": self.listener.port} for i in range(20)]
        down = [{"name": f"down {i}", "port": self.closed, "max_retries": 2, "retry_delay": "100ms"} for i in range(5)]
        process = self.start(up + down, "--json")
        lines = [self.line(process) for _ in range(25 * 4)]
        process.send_signal(signal.SIGINT)
        rest, errors = self.rest(process)
        self.assertEqual(process.returncode, 0, errors)
        results = [json.loads(line) for line in lines + rest.splitlines()]
        scheduled = {}
        for result in results:
            name = result["monitor"]["name"]
            self.assertEqual(result["verdict"], name.split()[0])
            moment = datetime.datetime.fromisoformat(result["scheduled_at"].replace("Z", "+00:00"))
            scheduled.setdefault(name, []).append(moment.timestamp())
        self.assertEqual(len(scheduled), 25)
        for name, moments in scheduled.items():
            for earlier, later in zip(moments, moments[1:]):
                intervals = later - earlier  # of one second: whole ones, however late a check started
                self.assertGreaterEqual(round(intervals), 1, name)
                self.assertAlmostEqual(intervals, round(intervals), delta=0.0025, msg=name)

    def test_retries_stay_within_their_check(self):
        process = self.start([{"name": "down", "port": self.closed, "max_retries": 2, "retry_delay": "10ms"},
                              {"name": "slow", "port": self.closed, "max_retries": 2, "retry_delay": "30s"}], "--json")
        seen = {}
        while len(seen) < 2:
            result = json.loads(self.line(process))
            # A retry later than the next check is cut, and the check reported as it stands.
            self.assertLessEqual(result["attempts"], 3 if result["monitor"]["name"] == "down" else 1)
            seen[result["monitor"]["name"]] = result["attempts"]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    def test_people_are_told_of_changes_alone(self):
        process = self.start([{"name": "web", "port": self.listener.port}, {"name": "gone", "port": self.closed}])
        first = self.line(process)
        self.assertIn("down gone: connection_refused (connect)", first)
        self.listener.close()
        self.assertIn("down web: connection_refused (connect)", self.line(process))
        self.listener = Listener(ADDRESS, self.listener.port)
        self.assertRegex(self.line(process), r"up web \(was down for \d+ checks?\)")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.rest(process)[0], "")

    def told(self, process, expected):
        """Reads standard error until it says so."""
        for line in process.stderr:
            if expected in line.decode():
                return line.decode()
        self.fail(f"never said: {expected}")

    def names_until(self, process, name):
        """The names of results up to the first one of that name."""
        names = set()
        while name not in names:
            names.add(json.loads(self.line(process))["monitor"]["name"])
        return names

    def test_reloads_on_sighup_and_refuses_what_is_wrong(self):
        one = {"name": "one", "port": self.listener.port}
        two = {"name": "two", "port": self.listener.port}
        process = self.start([one, {"name": "gone", "port": self.closed}], "--json")
        self.names_until(process, "gone")
        self.write([two, one])
        process.send_signal(signal.SIGHUP)
        self.told(process, "reloaded: 1 added, 1 removed, 0 changed, 1 unchanged")
        self.names_until(process, "two")
        self.write([one, {"name": "bad", "port": 70000}])
        process.send_signal(signal.SIGHUP)
        self.assertIn("monitors[1].port", self.told(process, "70000"))
        self.told(process, "not reloaded; the monitors so far go on")
        self.names_until(process, "two")
        self.assertEqual(self.names_until(process, "one") - {"one", "two"}, set())
        process.send_signal(signal.SIGINT)
        self.rest(process)
        self.assertEqual(process.returncode, 0)

    def test_watches_its_documents(self):
        process = self.start([{"name": "one", "port": self.listener.port}], "--json", "--watch")
        self.names_until(process, "one")
        self.write([{"name": "two", "port": self.listener.port}])
        self.told(process, "reloaded: 1 added, 1 removed, 0 changed, 0 unchanged")
        self.names_until(process, "two")
        self.write([])
        self.told(process, "not reloaded")
        self.names_until(process, "two")
        process.send_signal(signal.SIGTERM)
        self.rest(process)
        self.assertEqual(process.returncode, 0)

    def test_a_hangup_ends_what_cannot_reload(self):
        process = subprocess.Popen(tracer.command("check", f"{ADDRESS}:{self.listener.port}", "--expect", "never",
                                    "--timeout", "5m", "--retries", "10"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=PATIENCE)
        self.assertNotEqual(process.returncode, 0)

    def test_statistics(self):
        process = self.start([{"name": "web", "port": self.listener.port}], "--quiet", "--stats-interval", "0.2")
        self.assertRegex(process.stderr.readline().decode(),
                         r"^stats: [0-9.]+ checks/s, \d+ in flight, \d+ due, late p50 .*, CPU [0-9.]+%.*, RSS ")

    def test_people_are_told_what_makes_checks_be_skipped(self):
        silent = socket.create_server((ADDRESS, 0))  # connects, and never says a word
        self.addCleanup(silent.close)
        monitors = [{"name": name, "port": silent.getsockname()[1], "timeout": "2500ms", "expect_response": "never"}
                    for name in ("one", "two")]
        process = self.start(monitors, "--quiet", "--per-address-in-flight", "1", "--per-address-rate", "100")
        self.assertRegex(process.stderr.readline().decode(), r"^tracer: \d+ checks? (was|were) skipped.*; .*intervals")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    def test_a_service_manager_is_told(self):
        path = os.path.join(self.directory.name, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(PATIENCE)
            process = self.start([{"name": "web", "port": self.listener.port}], "--quiet",
                                 env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
            self.assertEqual(manager.recv(100), b"READY=1")
            self.assertEqual([manager.recv(100) for _ in range(3)], [b"WATCHDOG=1"] * 3)
            process.send_signal(signal.SIGTERM)
            said = b""
            while said != b"STOPPING=1":
                said = manager.recv(100)
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
