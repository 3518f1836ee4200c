"""The programs that make probes, tracer among them: a function each, (bench, load) -> Reading."""

import contextlib
import json
import os

from . import machine
from .bench import FIRST_ADDRESS, SERVER_NAME, TINY
from .daemon import Daemon, between
from .measure import Failed, Missing, reading

TCP_PROBES, TLS_PROBES = 100_000, 8_000  # of a full run
CONTRACT_KEYS = {"program", "probes", "succeeded", "user_s", "system_s", "wall_s", "in_flight"}


def parse_contract(text):
    """What the floors, and the loops that keep to their contract, print; see bench/README.md."""
    try:
        told = json.loads(text)
    except ValueError:
        raise Failed("it printed no JSON object") from None
    if not isinstance(told, dict) or not CONTRACT_KEYS <= set(told):
        raise Failed("its JSON object lacks a key of the contract")
    facts = {key: value for key, value in told.items() if key not in CONTRACT_KEYS}
    return reading(told["probes"], told["succeeded"], told["user_s"], told["system_s"], told["wall_s"],
                   in_flight=told["in_flight"], **facts)


def probes_of(bench, load):
    """So many that how a run begins and ends counts little."""
    in_flight = 0 if bench.scale is TINY else load.in_flight
    return max(bench.probes(TLS_PROBES if load.tls else TCP_PROBES), 4 * in_flight)


def run_contract(bench, load, program, extra=()):
    count = probes_of(bench, load)
    status, output, errors = bench.run([
        program, "--target", f"{FIRST_ADDRESS}:{bench.port(load)}", "--addresses", load.addresses,
        "--in-flight", load.in_flight, "--count", count, "--warm", count // 4, *extra])
    if status not in (0, 1):
        raise Failed(f"it ended with {status}: {(errors.strip().splitlines() or ['no word'])[-1]}")
    return parse_contract(output)


def connect_floor(bench, load):
    return run_contract(bench, load, bench.program("connect_floor"))


def tls_floor(bench, load):
    return run_contract(bench, load, bench.program("tls_floor"), ["--server-name", SERVER_NAME])


def tls_options(bench, load):
    return ["--tls", "--ca-file", bench.ca_file(load), "--server-name", SERVER_NAME] if load.tls else []


def epoll_loop(bench, load):
    return run_contract(bench, load, bench.program("epoll_loop"), tls_options(bench, load))


def go_loop(bench, load):
    source = machine.ROOT / "bench" / "peers" / "dial_loop.go"
    program = bench.build / "bench" / "dial_loop"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        environment = {**os.environ, "GOCACHE": str(bench.build / "bench" / "go-cache"), "GO111MODULE": "off"}
        status, output, errors = bench.run(["go", "build", "-o", program, source], env=environment)
        if status != 0:
            raise Missing(f"the Go loop was not built: {(errors or output).strip().splitlines()[-1]}")
    return run_contract(bench, load, program, tls_options(bench, load))


# --- tracer ---

ASKED_PER_SECOND = {"tcp": 80_000, "tls": 8_000}  # more than one core can do, so that the bound in flight decides


def document(bench, load, monitors, interval_s):
    """A document of so many monitors over the addresses of a load."""
    path = bench.folder / f"{load.kind}-{load.leaves}-{monitors}-{interval_s:g}.json"
    if not path.exists():
        defaults = {"interval": f"{max(1, round(interval_s * 1000))}ms", "timeout": "30s", "port": bench.port(load)}
        if load.tls:
            defaults["tls"] = {"ca_file": bench.ca_file(load), "server_name": SERVER_NAME}
        listed = [{"name": f"m{index}", "host": nth_address(index % load.addresses)} for index in range(monitors)]
        path.write_text(json.dumps({"defaults": defaults, "monitors": listed}), encoding="utf-8")
    return path


def nth_address(number):
    """As fleetsim and the floors count them: every octet from 1 to 254."""
    return f"127.{number // (254 * 254) % 254 + 1}.{number // 254 % 254 + 1}.{number % 254 + 1}"


@contextlib.contextmanager
def running(bench, load, path, *options):
    """A tracer that goes on over a document, on the measured core."""
    command = bench.pinned([bench.program("tracer"), "run", "--quiet", "--allow-subsecond", "--threads", 1,
                            "--in-flight", load.in_flight, *options, path])
    with Daemon(command, bench.folder / "control") as daemon:
        bench.record(daemon.command)
        yield daemon
        daemon.end()


def reading_between(before, after, **facts):
    told = between(before, after)
    return reading(told["checks"], told["verdicts"]["up"], told["user_s"], told["system_s"], told["wall_s"],
                   checks_per_s=round(told["checks"] / max(told["wall_s"], 1e-9)), skipped=told["skipped"], **facts)


def tracer(bench, load, ring="uring"):
    """All of tracer, saturated: more is due than it can do, so --in-flight decides. Its start is not counted."""
    monitors = max(2 * load.in_flight, 2 * load.addresses)
    path = document(bench, load, monitors, monitors / ASKED_PER_SECOND[load.kind])
    with running(bench, load, path, "--ring", ring) as daemon:
        count = probes_of(bench, load)
        # Every slot has been used by then, and every page that it needs touched.
        first = daemon.await_reported(max(load.in_flight, count // 4))
        last = daemon.await_reported(first["checks"]["reported"] + count)
        if last["queues"]["due"] == 0 and bench.scale is not TINY:
            raise Failed("tracer was not saturated: it made all the checks that were due")
        found = reading_between(first, last, in_flight=load.in_flight, monitors=monitors,
                                seen_in_flight=last["checks"]["in_flight"],
                                resident_bytes=last["process"]["resident_bytes"])
    if load.tls:
        check_cache(load, last["trust_cache"]["hits"] - first["trust_cache"]["hits"], found.checks)
    return found


def check_cache(load, hits, checks):
    """A warm trust cache knows nearly every chain, a cold one hardly any: what is between is neither."""
    if (hits > 0.01 * checks) if load.leaves > 1 else (hits < 0.99 * checks):
        raise Failed(f"the trust cache knew {hits} of {checks} chains")


def tracer_epoll(bench, load):
    return tracer(bench, load, "epoll")
