"""A tracer over a large fleet that fleetsim emits and serves, for a while: what tools/scale runs, and bench/run."""

import json
import subprocess
from pathlib import Path

from .daemon import Daemon
from .fleet import Fleet


class LargeFleet:
    """One tracer over one document, with the services that it checks; all ends with the block.

    The wraps stand before the commands, such as taskset's; `programs` is the folder of tracer and fleetsim.
    """

    def __init__(self, folder, programs, monitors, interval_s, ring="auto", wrap=(), wrap_fleet=()):
        self.folder, self.programs = Path(folder), Path(programs)
        self.monitors, self.interval_s = monitors, interval_s
        self.document, self.state = self.folder / "monitors.ndjson", self.folder / "state.ndjson"
        self.fleet = Fleet(self.programs / "fleetsim", self.folder / "large-ca.pem", wrap=wrap_fleet)
        command = [*wrap, self.programs / "tracer", "run", "--quiet", "--allow-subsecond", "--ring", ring,
                   "--state", self.state, "--state-interval", "86400", self.document]
        self.daemon = Daemon(command, self.folder / "large-control")

    def __enter__(self):
        self.state.unlink(missing_ok=True)
        self.fleet.__enter__()
        try:
            self.write_document(turn=0)
            self.daemon.__enter__()
        except BaseException:
            self.fleet.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.daemon.__exit__()
        self.fleet.__exit__()

    def write_document(self, turn):
        """From the second turn on: of a thousand monitors one goes, one is renamed, one has another timeout."""
        emit = [self.programs / "fleetsim", "--emit", str(self.monitors), "--only", "tcp-accept", "--ndjson",
                "--base-port", str(self.fleet.base_port)]
        interval = f',"interval":"{round(self.interval_s * 1000)}ms"}}\n'.encode()
        other_timeout = f'"timeout":"{31 + turn}s"'.encode()
        renamed = f'"name":"turn-{turn}-'.encode()
        # Nobody who writes a document has the checks wait for that.
        with subprocess.Popen(["nice", *emit], stdout=subprocess.PIPE) as lines, open(self.document, "wb") as document:
            for number, line in enumerate(lines.stdout):
                line = line.rstrip(b"}\n") + interval if line.endswith(b'"}\n') else line
                place = (number + turn) % 1000 if turn else None
                if place == 0:
                    continue
                if place == 1:
                    line = line.replace(b'"name":"', renamed)
                if place == 2:
                    line = line.replace(b'"timeout":"30s"', other_timeout)
                document.write(line)

    def audit(self):
        """{checks made: monitors} of the state file, once the tracer has ended."""
        made = {}
        with open(self.state, "rb") as lines:
            next(lines)  # about the file
            for line in lines:
                checks = json.loads(line)["checks"]
                made[checks] = made.get(checks, 0) + 1
        return dict(sorted(made.items()))


def lost_checks(last, made):
    """Checks that were begun and not reported, or skipped, and monitors that were never checked."""
    checks = last["checks"]
    unreported = checks["begun"] - checks["reported"] - checks["in_flight"] - last["queues"]["outcomes"]
    return max(unreported, 0) + made.get(0, 0) + checks["skipped"]
