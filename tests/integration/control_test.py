"""Watching and steering a run: its control socket, `tracer top` in a terminal and off one, `tracer reload`."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from realservers import tracer

PATIENCE = 60  # seconds; only how long a broken program is waited for
# An address of its own, which no connection's own end has: that could take a port between two uses of it.
ADDRESS = "127.{}.{}.1".format(100 + os.getpid() // 250 % 100, os.getpid() % 250)
LEFT = b"\x1b[?25h\x1b[?1049l"  # how a screen is given back


class ControlTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(self.directory, "control.sock")
        with socket.create_server((ADDRESS, 0)) as reserved:
            self.closed = reserved.getsockname()[1]

    def start(self, *command, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(tracer.command(*command), **options)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def start_run(self, *options, control=True, **more):
        """A run of monitors of a closed port, once it listens."""
        document = os.path.join(self.directory, "monitors.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump({"defaults": {"host": ADDRESS, "port": self.closed, "interval": "1s"},
                       "monitors": [{"name": f"gone {i}"} for i in range(20)]}, file)
        chosen = ["--control", self.path] if control else []
        process = self.start("run", "--quiet", *chosen, *options, document, **more)
        if control:
            self.wait_for(lambda: self.ask({"request": "snapshot"}) is not None)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 0, errors)
        return errors.decode()

    def wait_for(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it does not come about")
            time.sleep(0.01)

    def ask(self, request):
        """The answer to a request, or None where nobody listens."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            try:
                client.connect(self.path)
            except OSError:
                return None
            try:
                client.sendall(json.dumps(request).encode() + b"\n")
            except BrokenPipeError:
                pass  # refused before it was asked: the answer says so
            with client.makefile() as answer:
                return json.loads(answer.readline())

    def tracer(self, *command):
        return subprocess.run(tracer.command(*command), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)


class Socket(ControlTest):
    def test_tells_of_the_run(self):
        run = self.start_run()
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.wait_for(lambda: self.ask({"request": "snapshot"})["checks"]["reported"] >= 40)
        snapshot = self.ask({"request": "snapshot"})
        self.assertEqual(snapshot["pid"], run.pid)
        self.assertEqual(snapshot["monitors"], 20)
        self.assertGreaterEqual(snapshot["checks"]["begun"], snapshot["checks"]["reported"])
        self.assertEqual(snapshot["verdicts"]["up"], 0)
        self.assertEqual(list(snapshot["failures"]), ["connection_refused"])
        self.assertGreater(snapshot["process"]["resident_bytes"], 1 << 20)
        self.assertGreater(snapshot["process"]["cpu_user_ns"] + snapshot["process"]["cpu_system_ns"], 0)
        self.assertEqual(sum(count for _, count in snapshot["lateness_ns"]["counts"]),
                         snapshot["checks"]["begun"])
        self.stop(run)
        self.assertFalse(os.path.exists(self.path))

    def test_hostile_clients_do_not_hold_the_checks_up(self):
        run = self.start_run()
        hostile = []
        for i in range(100):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.settimeout(PATIENCE)
            try:
                client.connect(self.path)
                client.sendall([b"", b"garbage\n", b"x" * 5000, b"{", b'{"request":"snapshot"}\n' * 20][i % 5])
            except OSError:
                pass  # it was one too many
            if i < 10:
                hostile.append(client)
            else:
                client.close()
        reported = None

        def reports_go_on():
            nonlocal reported
            answer = self.ask({"request": "snapshot"})
            if answer is None or "error" in answer:
                return False
            reported = reported or answer["checks"]["reported"]
            return answer["checks"]["reported"] >= reported + 40
        self.wait_for(reports_go_on)
        self.stop(run)

    def test_is_not_taken_from_another_run(self):
        first = self.start_run()
        second = self.tracer("run", "--quiet", "--control", self.path, os.path.join(self.directory, "monitors.json"))
        self.assertEqual((second.returncode, second.stderr),
                         (3, f"tracer: {self.path} is in use, by another run it seems\n"))
        self.assertIsNotNone(self.ask({"request": "snapshot"}))
        first.kill()
        first.wait(PATIENCE)
        self.assertTrue(os.path.exists(self.path))
        third = self.start_run()  # what was left behind is replaced
        self.assertEqual(self.ask({"request": "snapshot"})["pid"], third.pid)
        self.stop(third)

    def test_is_in_the_runtime_directory_unless_told_otherwise(self):
        self.path = os.path.join(self.directory, "tracer.sock")
        environment = {**os.environ, "XDG_RUNTIME_DIR": self.directory}
        first = self.start_run(control=False, env=environment)
        self.wait_for(lambda: self.ask({"request": "snapshot"}) is not None)
        second = self.start_run(control=False, env=environment)
        self.assertEqual(second.stderr.readline().decode(),
                         f"tracer: warning: {self.path} is in use, by another run it seems; "
                         "going on without a control socket\n")
        self.stop(second)
        self.assertEqual(self.ask({"request": "snapshot"})["pid"], first.pid)
        self.assertNotIn("warning", self.stop(first))
        once = subprocess.run(tracer.command("run", "--once", "--quiet", os.path.join(self.directory, "monitors.json")),
                              env=environment, capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((once.returncode, once.stderr), (1, b""))


class Top(ControlTest):
    def test_once(self):
        run = self.start_run()
        self.wait_for(lambda: self.ask({"request": "snapshot"})["checks"]["reported"] >= 20)
        shown = self.tracer("top", "--once", "--control", self.path)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertIn(f"pid {run.pid} ", shown.stdout)
        self.assertIn("20 monitors", shown.stdout)
        self.assertRegex(shown.stdout, r"connection_refused, \d+ in all")
        self.assertNotIn("\x1b", shown.stdout)
        raw = self.tracer("top", "--once", "--json", "--control", self.path)
        self.assertEqual(json.loads(raw.stdout)["pid"], run.pid)
        self.stop(run)

    def test_goes_on_off_a_terminal(self):
        run = self.start_run()
        top = self.start("top", "--json", "--interval", "0.1", "--control", self.path)
        snapshots = [json.loads(top.stdout.readline()) for _ in range(3)]
        self.assertLess(snapshots[0]["uptime_ns"], snapshots[2]["uptime_ns"])
        top.send_signal(signal.SIGINT)
        self.assertEqual(top.wait(PATIENCE), 0)
        self.stop(run)

    def test_without_a_run(self):
        for options in [], ["--once"], ["--json"]:
            shown = self.tracer("top", *options, "--control", self.path)
            self.assertEqual((shown.returncode, shown.stdout, shown.stderr),
                             (3, "", f"tracer: cannot reach a tracer at {self.path}: No such file or directory\n"))


class TopInTerminal(ControlTest):
    def setUp(self):
        super().setUp()
        self.controller, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.controller)
        self.addCleanup(os.close, self.terminal)
        self.resize(30, 80)
        self.before = termios.tcgetattr(self.terminal)
        self.seen = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def start_top(self, **environment):
        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        return self.start("top", "--interval", "0.1", "--control", self.path, stdin=self.terminal,
                          stdout=self.terminal, stderr=self.terminal, preexec_fn=own_terminal,
                          env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "", **environment})

    def look(self):
        if select.select([self.controller], [], [], PATIENCE)[0]:
            self.seen += os.read(self.controller, 65536)

    def frames(self):
        """What was shown so far, frame by frame, each a list of lines."""
        whole = self.seen.split(b"\x1b[H")[1:-1]
        return [frame.partition(b"\x1b[J")[0].decode().replace("\x1b[K", "").split("\r\r\n") for frame in whole]

    def until(self, condition):
        """The first frame from now on of which it holds."""
        past = len(self.frames())
        deadline = time.monotonic() + PATIENCE
        while True:
            frames = self.frames()
            for frame in frames[past:]:
                if condition("\n".join(frame)):
                    return frame
            past = max(past, len(frames))
            self.assertLess(time.monotonic(), deadline, f"not shown; instead: {frames[-1:]}")
            self.look()

    def expect_left(self, top):
        while top.poll() is None or select.select([self.controller], [], [], 0)[0]:
            if select.select([self.controller], [], [], 0.05)[0]:
                self.look()
        self.assertEqual(top.returncode, 0)
        self.assertTrue(self.seen.endswith(LEFT), self.seen[-100:])
        self.assertEqual(termios.tcgetattr(self.terminal), self.before)

    def test_numbers_move_and_q_quits(self):
        run = self.start_run()
        top = self.start_top()

        def failures(frame):
            found = re.search(r"connection_refused\D*, (\d+) in all", re.sub(r"\x1b\[\d*m", "", frame))
            return int(found.group(1)) if found else 0
        first = self.until(lambda frame: failures(frame) > 0)
        self.until(lambda frame: failures(frame) > failures("\n".join(first)) + 20)
        self.assertIn("\x1b[31m", "\n".join(self.frames()[-1]))
        os.write(self.controller, b"q")
        self.expect_left(top)
        self.stop(run)

    def test_follows_the_size_of_the_terminal(self):
        run = self.start_run()
        top = self.start_top(NO_COLOR="1")
        wide = self.until(lambda frame: "late" in frame)
        self.assertGreater(max(map(len, wide)), 40)
        self.resize(8, 41)
        self.until(lambda frame: max(map(len, frame.split("\n"))) <= 40 and frame.count("\n") <= 7)
        self.assertNotIn(b"\x1b[3", self.seen)  # no colour
        os.write(self.controller, b"\x03")  # Ctrl-C
        self.expect_left(top)
        self.stop(run)

    def test_says_that_the_run_has_ended_and_finds_the_next_one(self):
        run = self.start_run()
        top = self.start_top()
        self.until(lambda frame: f"pid {run.pid} " in frame)
        self.stop(run)
        self.until(lambda frame: "trying again" in frame)
        run = self.start_run()
        self.until(lambda frame: f"pid {run.pid} " in frame and "trying again" not in frame)
        top.send_signal(signal.SIGTERM)
        self.expect_left(top)
        self.stop(run)


class Reload(ControlTest):
    def reload(self, answer):
        """`tracer reload`, of a run that answers so."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            listener.listen()
            asked = []

            def serve():
                connection = listener.accept()[0]
                with connection, connection.makefile() as lines:
                    asked.append(lines.readline())
                    connection.sendall(answer)
            server = threading.Thread(target=serve)
            server.start()
            result = self.tracer("reload", "--control", self.path)
            server.join(PATIENCE)
        os.unlink(self.path)
        self.assertEqual(asked, ['{"request":"reload"}\n'])
        return result

    def test_tells_what_has_changed(self):
        result = self.reload(b'{"ok":true,"added":1,"removed":2,"changed":3,"unchanged":1000000}\n')
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, "1 added, 2 removed, 3 changed, 1,000,000 unchanged\n", ""))

    def test_tells_why_documents_are_refused(self):
        result = self.reload(b'{"ok":false,"errors":["a.json:1:2: port is 0","a.json:2:2: \\u001b[2J"]}\n')
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr.splitlines()[:2], ["a.json:1:2: port is 0", "a.json:2:2: \\x1b[2J"])

    def test_tells_what_went_wrong(self):
        result = self.reload(b'{"error":"a reload is under way"}\n')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (3, "", "tracer: a reload is under way\n"))
        result = self.reload(b"")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        result = self.tracer("reload", "--control", self.path)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (3, "", f"tracer: cannot reach a tracer at {self.path}: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
