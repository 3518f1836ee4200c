"""What all measurements of one report share: where the programs are, the cores, the servers, and a record of it all."""

import dataclasses
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from . import machine
from .fleet import Fleet
from .measure import Failed, Missing

FIRST_ADDRESS = "127.1.1.1"
SERVER_NAME = "fleet.test"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int
    seconds: float  # a run of a program that goes on
    share: float  # of the probes of a full run, for programs that make a number of them
    fleet_s: float  # that the largest fleet is watched


FULL = Scale(rounds=5, seconds=3, share=1, fleet_s=120)
QUICK = Scale(rounds=3, seconds=0.7, share=0.1, fleet_s=20)
TINY = Scale(rounds=1, seconds=0.2, share=0.002, fleet_s=1)  # for the test of bench/run alone


@dataclasses.dataclass(frozen=True)
class Load:
    """What every program compared is given: so many connections at a time, to the same addresses."""

    kind: str  # "tcp", "tls"
    in_flight: int
    addresses: int = 1000
    service: str = "tcp-accept"
    leaves: int = 1  # certificates that the server presents in turn

    @property
    def tls(self):
        return self.kind == "tls"

    def __str__(self):
        cold = f", {self.leaves} chains" if self.leaves > 1 else ""
        return f"{self.kind}, {self.in_flight} in flight{cold}"


class Bench:
    """Use as a context: the servers and the temporary files end with it."""

    def __init__(self, build, scale):
        self.build, self.scale = Path(build), scale
        self.cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.program_core = self.cores[0], self.cores[-1]
        self.commands = []  # as they were run, each once
        self.notes = []
        self.voided = []  # (program, load, round, why)
        self.alternations = {}  # by load
        self.fleets = {}  # readings of large fleets, by monitors
        self.extra = {}  # further measurements, for the JSON report
        self._temporary = None
        self.folder = None
        self._fleets = {}  # by the number of leaves

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="tracer-bench.")
        self.folder = Path(self._temporary.name)
        os.sched_setaffinity(0, {self.server_core})  # what drives the programs stays out of their way
        return self

    def __exit__(self, *_):
        for fleet in self._fleets.values():
            fleet.__exit__()
        self._temporary.cleanup()

    def fleet(self, load):
        """The servers of a load, started when they are first asked for."""
        if load.leaves not in self._fleets:
            fleet = Fleet(self.program("fleetsim"), self.folder / f"ca-of-{load.leaves}.pem", "--leaves", load.leaves,
                          wrap=self.served())
            self.record(fleet.command)
            self._fleets[load.leaves] = fleet.__enter__()
        return self._fleets[load.leaves]

    def find(self, name):
        """A program of the build directory, or None."""
        for folder in ("bin", "bench", "tests"):
            path = self.build / folder / name
            if os.access(path, os.X_OK):
                return path
        return None

    def program(self, name):
        path = self.find(name)
        if path is None:
            raise Missing(f"{name} is not built in {self.build}")
        return path

    @staticmethod
    def pin(core):
        return ["taskset", "-c", str(core)]

    def served(self):
        """Before a server's command: it must not be what a busy machine keeps from its work."""
        first = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
        return [*first, *self.pin(self.server_core)]

    def all_cores(self):
        """Before a command that is to have the whole machine."""
        return ["taskset", "-c", ",".join(map(str, self.cores))]

    def pinned(self, command):
        """The command of a program that is measured, on the core that is kept for it."""
        return [*self.pin(self.program_core), *map(str, command)]

    def record(self, command):
        text = shlex.join(map(str, command))
        for known, name in ((str(self.folder), "$TMP"), (str(machine.ROOT) + "/", "")):
            text = text.replace(known, name)
        if text not in self.commands:
            self.commands.append(text)

    def run(self, command, **options):
        """A measured command to its end, pinned. Returns its status, its output, and what it said on standard error."""
        command = self.pinned(command)
        self.record(command)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, errors="replace", **options)
        output, errors = process.communicate()
        return process.returncode, output, errors

    def port(self, load):
        return self.fleet(load).ports[load.service]

    def ca_file(self, load):
        return self.fleet(load).ca_file

    def probes(self, full):
        """How many probes to make where a full run makes so many."""
        return max(1, round(full * self.scale.share))

    @staticmethod
    def tell(text):
        print(f"bench: {text}", file=sys.stderr, flush=True)


def times_of(command, core):
    """Runs a command to its end on a core. Returns its status, its output, and what it and its children took."""
    read_end, write_end = os.pipe()
    with open(os.devnull, "r+b") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 0), (os.POSIX_SPAWN_DUP2, write_end, 1),
                   (os.POSIX_SPAWN_DUP2, write_end, 2)]
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})  # the child inherits it: taskset would be one more program to pay for
        try:
            pid = os.posix_spawnp(command[0], [str(word) for word in command], os.environ, file_actions=actions)
        except FileNotFoundError:
            os.close(write_end)
            os.close(read_end)
            raise Missing(f"{command[0]} is not installed") from None
        finally:
            os.sched_setaffinity(0, mine)
    os.close(write_end)
    with open(read_end, encoding="utf-8", errors="replace") as output:
        text = output.read()
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), text, usage


def check_ended_well(status, what, text):
    if status != 0:
        last = text.strip().splitlines()[-1:] or ["it said nothing"]
        raise Failed(f"{what} ended with {status}: {last[0]}")
