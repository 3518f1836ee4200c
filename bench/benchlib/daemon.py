"""A `tracer run` that goes on, observed through its control socket (docs/control.md)."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from .measure import Failed

PATIENCE_S = 600  # only how long a broken program is waited for


class Daemon:
    """One tracer; it ends with the block. `command` is its command line without --control; `output` is for results."""

    def __init__(self, command, control, output=subprocess.DEVNULL):
        self.output = output
        self.command = [*map(str, command), "--control", str(control)]
        self.control = str(control)
        self.said = Path(f"{control}.said")  # on standard error
        self.process = None

    def __enter__(self):
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=said)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def ask(self, request):
        """The answer to one request, or None while nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE_S)
                client.connect(self.control)
                client.sendall(json.dumps({"request": request}).encode() + b"\n")
                with client.makefile("rb") as answer:
                    return json.loads(answer.readline())
        except (OSError, ValueError):
            return None

    def look(self):
        return self.ask("snapshot")

    def await_snapshot(self, wanted=lambda snapshot: snapshot["monitors"] > 0):
        """The first snapshot that is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            snapshot = self.look()
            if snapshot and wanted(snapshot):
                return snapshot
            if self.process.poll() is not None:
                last = self.said.read_text(errors="replace").strip().splitlines()[-1:]
                raise Failed(f"tracer ended with {self.process.returncode}: {''.join(last)}")
            time.sleep(0.05)
        raise Failed("tracer did not come so far")

    def await_reported(self, checks):
        """The first snapshot with so many checks."""
        return self.await_snapshot(lambda snapshot: snapshot["checks"]["reported"] >= checks)

    def end(self):
        """Lets what is under way end, and returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        """The exit status of one that ends by itself."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failed("tracer does not end") from None


def cpu_ns(snapshot):
    return snapshot["process"]["cpu_user_ns"] + snapshot["process"]["cpu_system_ns"]


def late_between(before, after):
    """{up to nanoseconds: count} of the checks between two snapshots."""
    earlier = dict(before["lateness_ns"]["counts"])
    between = {up_to: count - earlier.get(up_to, 0) for up_to, count in after["lateness_ns"]["counts"]}
    return {up_to: count for up_to, count in between.items() if count}


def quantile_ms(counts, share):
    """The bound below which so large a share of a histogram {up to nanoseconds: count} lies."""
    wanted, seen = share * sum(counts.values()), 0
    for up_to, count in sorted(counts.items()):
        seen += count
        if seen >= wanted:
            return up_to / 1e6
    return 0.0


def between(before, after):
    """What happened between two snapshots, in numbers."""
    checks = after["checks"]["reported"] - before["checks"]["reported"]
    wall_s = (after["uptime_ns"] - before["uptime_ns"]) / 1e9
    verdicts = {name: after["verdicts"][name] - before["verdicts"][name] for name in after["verdicts"]}
    spent = {name: (after["process"][f"cpu_{name}_ns"] - before["process"][f"cpu_{name}_ns"]) / 1e9
             for name in ("user", "system")}
    return {"checks": checks, "wall_s": wall_s, "verdicts": verdicts, "user_s": spent["user"],
            "system_s": spent["system"], "late": late_between(before, after),
            "skipped": after["checks"]["skipped"] - before["checks"]["skipped"]}
