"""Starts, awaits and stops one real server.

A Site is a private temporary directory and a private loopback address. The address is made from
this process's id, so test programs that run at the same time can never want the same port; within
the process ports are handed out once. All that a Site made is removed when it closes. A server
dies with the test program even when that is killed outright (parent-death signal).
"""

import concurrent.futures
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY_SECONDS = 60
STOP_SECONDS = 10
_numbers = itertools.count(1)
PACKAGED_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def private_address():
    """A loopback address that no other living process picks: process ids have 22 bits."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16 & 63)}.{pid >> 8 & 255}.{pid & 255}"


class Site:
    """The directory, address and ports that the servers of one test program share."""

    def __init__(self, address=None):
        self.address = address or private_address()
        self.directory = tempfile.mkdtemp(prefix="tracer-it-")
        os.chmod(self.directory, 0o755)
        self._next_port = 10_000

    def port(self):
        """A port that is free on this address. Below the range that outgoing connections use."""
        while self._next_port < 30_000:
            self._next_port += 1
            with socket.socket() as probe:
                try:
                    probe.bind((self.address, self._next_port))
                    return self._next_port
                except OSError:
                    continue
        raise RuntimeError(f"no free port on {self.address}")

    def wildcard_port(self):
        """For a program that can only listen on every address: outside of what port() hands out."""
        while True:
            port = random.randrange(30_001, 32_768)
            with socket.socket() as probe:
                try:
                    probe.bind(("0.0.0.0", port))
                    return port
                except OSError:
                    continue

    def folder(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path)
        return path

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def find_program(name, package, also=()):
    """The path of a packaged program; a missing one fails the test and names its package."""
    for folder in (*also, *PACKAGED_PROGRAMS.split(":")):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name} is missing: install Debian's package {package}")


def run(command, **options):
    """Runs a helper program to its end; a failure shows what it printed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=READY_SECONDS,
        text=True, errors="replace", **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


class Server:
    """One server. Subclasses say how it is prepared and started.

    Life: prepare() once (may take seconds, runs on any thread), then launch() and wait_ready(),
    stop(), and launch() again where a test wants it back.
    """

    name = "server"
    # The account to run as when the tests run as root and the program refuses that or need not.
    account = None
    stdin = subprocess.DEVNULL  # for Popen

    def __init__(self, site, ports=None):
        self.site = site
        self.address = site.address
        self.folder = site.folder(f"{self.name}-{next(_numbers)}")
        self.ports = dict(ports or {})
        self.process = None

    def prepare(self):
        """Writes configuration and whatever data the server needs before its first start."""

    def command(self):
        raise NotImplementedError

    def environment(self):
        # TMPDIR: MariaDB, for one, starts by removing every temporary table it finds in /tmp.
        return {"PATH": PACKAGED_PROGRAMS, "LANG": "C", "HOME": self.folder,
                "TMPDIR": self.folder}

    # -- what subclasses use ---------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def copy_key(self, source, name="server.key"):
        """A private copy of a key, owned by the account that the server runs as."""
        shutil.copyfile(source, self.path(name))
        os.chmod(self.path(name), 0o600)
        self.give(self.path(name))
        return self.path(name)

    def give(self, path):
        if os.geteuid() == 0 and self.account:
            entry = pwd.getpwnam(self.account)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def as_account(self, command):
        """The command, wrapped to run as the account and to die with this process."""
        wrap = [find_program("setpriv", "util-linux")]
        if os.geteuid() == 0 and self.account:
            entry = pwd.getpwnam(self.account)
            wrap += [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        return wrap + ["--pdeathsig=KILL", "--"] + command

    # -- life ------------------------------------------------------------------------------

    def launch(self):
        self.give(self.folder)
        self._log = open(self.path("output.log"), "ab")
        self.process = subprocess.Popen(
            self.as_account(self.command()), cwd=self.folder, env=self.environment(),
            stdin=self.stdin, stdout=self._log, stderr=self._log, start_new_session=True)

    def wait_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        for port in self.ports.values():
            while not self._accepts(port):
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended at start:\n{self.log()}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not listen on {port}:\n{self.log()}")
                time.sleep(0.02)

    def _accepts(self, port):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((self.address, port)) == 0

    def stop(self):
        if self.process is None:
            return
        self._signal_group(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        # Children that outlived their parent go too; the group is the session that we began.
        self._signal_group(signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.process = None
        self._log.close()

    def _signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def log(self):
        with open(self.path("output.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]


def start_all(servers):
    """Prepares in parallel, starts all, then waits for all. On an error everything is stopped."""
    # Only preparation runs on other threads: the parent-death signal is tied to the thread that
    # started a child, so a server must be launched from the thread that outlives it.
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(lambda server: server.prepare(), servers))
        for server in servers:
            server.launch()
        for server in servers:
            server.wait_ready()
    except BaseException:
        stop_all(servers)
        raise


def stop_all(servers):
    # All are asked to end before any is awaited.
    for server in servers:
        if server.process is not None:
            server._signal_group(signal.SIGTERM)
    for server in servers:
        server.stop()
