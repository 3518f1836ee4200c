"""Programs that others use, each driven as it is meant to be used: a function each, (bench, load) -> Reading."""

import contextlib
import re
import selectors
import shutil
import socket
import subprocess
import time

from .bench import FIRST_ADDRESS, SERVER_NAME, check_ended_well, times_of
from .fleet import process_times_s
from .measure import Failed, Missing, reading
from .subjects import nth_address

CONNECTIONS = 16  # keep-alive connections to blackbox_exporter
READY_S = 30


def free_port():
    """Below the ports that outgoing connections use."""
    for port in range(19000, 20900):
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("there is no free port")


def usage_reading(checks, succeeded, usage, wall_s, **facts):
    return reading(checks, succeeded, usage.ru_utime, usage.ru_stime, wall_s, **facts)


# --- blackbox_exporter: /probe over keep-alive connections, as a Prometheus server asks ---

BLACKBOX_CONFIGURATION = """\
modules:
  tcp: {{prober: tcp, timeout: 30s, tcp: {{preferred_ip_protocol: ip4}}}}
  tls:
    prober: tcp
    timeout: 30s
    tcp: {{preferred_ip_protocol: ip4, tls: true, tls_config: {{ca_file: "{ca_file}", server_name: "{name}"}}}}
"""


@contextlib.contextmanager
def blackbox_running(bench, load):
    program = shutil.which("prometheus-blackbox-exporter")
    if not program:
        raise Missing("prometheus-blackbox-exporter is not installed")
    configuration = bench.folder / "blackbox.yml"
    configuration.write_text(BLACKBOX_CONFIGURATION.format(ca_file=bench.ca_file(load), name=SERVER_NAME),
                             encoding="utf-8")
    address = ("127.0.0.1", free_port())
    command = bench.pinned([program, f"--config.file={configuration}", "--log.level=error",
                            f"--web.listen-address={address[0]}:{address[1]}"])
    bench.record(command)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(address, 1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed("blackbox_exporter does not listen")
            time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.wait()


class KeepAlive:
    """HTTP connections that ask for one probe after another; the answers are counted."""

    def __init__(self, address, paths):
        self.paths, self.next_path = paths, 0
        self.answered = self.succeeded = 0
        self.selector = selectors.DefaultSelector()
        self.host = f"{address[0]}:{address[1]}"
        self.received = {}
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(address, READY_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(connection, selectors.EVENT_READ)
            self.received[connection] = b""

    def close(self):
        for connection in self.received:
            connection.close()
        self.selector.close()

    def ask(self, connection):
        path = self.paths[self.next_path % len(self.paths)]
        self.next_path += 1
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())

    def run(self, probes):
        """So many answers more. The number of connections that wait is back at none then."""
        target, asked = self.answered + probes, 0
        for connection in self.received:
            if asked < probes:
                self.ask(connection)
                asked += 1
        while self.answered < target:
            ready = self.selector.select(READY_S)
            if not ready:
                raise Failed("blackbox_exporter does not answer")
            for key, _ in ready:
                if self.take(key.fileobj) and asked < probes:
                    self.ask(key.fileobj)
                    asked += 1

    def take(self, connection):
        """True when an answer is whole."""
        piece = connection.recv(65536)
        if not piece:
            raise Failed("blackbox_exporter closed a connection")
        whole = self.received[connection] + piece
        head, separator, body = whole.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if separator and length:
            ended = len(body) >= int(length[1])
        else:
            ended = bool(separator) and body.endswith(b"0\r\n\r\n")  # chunked
        self.received[connection] = b"" if ended else whole
        if ended:
            self.answered += 1
            self.succeeded += b"\nprobe_success 1\n" in body
        return ended


def blackbox(bench, load):
    probes = bench.probes(3000 if load.tls else 8000)
    paths = [f"/probe?module={load.kind}&target={nth_address(index)}:{bench.port(load)}"
             for index in range(load.addresses)]
    with blackbox_running(bench, load) as (process, address):
        asking = KeepAlive(address, paths)
        try:
            asking.run(max(CONNECTIONS, probes // 4))
            warm, begin = asking.succeeded, time.monotonic()
            user_s, system_s = process_times_s(process.pid)
            asking.run(probes)
            user_end_s, system_end_s = process_times_s(process.pid)
            wall_s = time.monotonic() - begin
        finally:
            asking.close()
    return reading(probes, asking.succeeded - warm, user_end_s - user_s, system_end_s - system_s, wall_s,
                   in_flight=CONNECTIONS)


# --- check_tcp: a process a check, as Nagios and Icinga run it ---

CHECK_TCP = "/usr/lib/nagios/plugins/check_tcp"


def check_tcp(bench, load):
    checks = bench.probes(300)
    tls = ["--ssl", "--sni", SERVER_NAME] if load.tls else []
    succeeded, user_s, system_s = 0, 0.0, 0.0
    begin = time.monotonic()
    for index in range(checks):
        command = [CHECK_TCP, "-H", nth_address(index % load.addresses), "-p", str(bench.port(load)), *tls]
        status, _, usage = times_of(command, bench.program_core)
        succeeded += status == 0
        user_s, system_s = user_s + usage.ru_utime, system_s + usage.ru_stime
    bench.record(bench.pinned(command))
    return reading(checks, succeeded, user_s, system_s, time.monotonic() - begin, in_flight=1)


# --- nmap -sT: one scan of many addresses; what its start costs is taken off by a scan of few ---

def nmap_scan(bench, load, addresses):
    targets = bench.folder / f"nmap-{addresses}"
    targets.write_text("".join(f"{nth_address(index)}\n" for index in range(addresses)), encoding="ascii")
    command = ["nmap", "-sT", "-n", "-Pn", "-T4", "-p", str(bench.port(load)), "-oG", "-", "-iL", str(targets)]
    bench.record(bench.pinned(command))
    begin = time.monotonic()
    status, text, usage = times_of(command, bench.program_core)
    check_ended_well(status, "nmap", text)
    return text.count("/open/tcp"), usage, time.monotonic() - begin


def nmap(bench, load):
    many, few = max(200, bench.probes(8000)), 100
    found_few, usage_few, wall_few_s = nmap_scan(bench, load, few)
    found, usage, wall_s = nmap_scan(bench, load, many)
    return reading(many - few, found - found_few, usage.ru_utime - usage_few.ru_utime,
                   usage.ru_stime - usage_few.ru_stime, wall_s - wall_few_s)


# --- openssl s_time: one connection after another, for whole seconds, and it counts them itself ---

def s_time(bench, load):
    seconds = max(1, round(bench.scale.seconds))
    command = ["openssl", "s_time", "-connect", f"{FIRST_ADDRESS}:{bench.port(load)}", "-new",
               "-CAfile", bench.ca_file(load), "-time", str(seconds)]
    bench.record(bench.pinned(command))
    begin = time.monotonic()
    status, text, usage = times_of(command, bench.program_core)
    check_ended_well(status, "s_time", text)
    # The last such line: "1234 connections in 3 real seconds"; one before it tells of user time.
    counted = re.findall(r"(\d+) connections in", text)
    if not counted:
        raise Failed("s_time told no number of connections")
    connections = int(counted[-1])
    return usage_reading(connections, connections, usage, time.monotonic() - begin, in_flight=1)
