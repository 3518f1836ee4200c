"""Rows that are measured each in a way of its own."""

import contextlib
import json
import os
import re
import subprocess
import time

from . import machine
from .bench import check_ended_well, times_of
from .daemon import Daemon
from .fleet import Fleet
from .measure import Bound, Failed, Finding, Missing
from .subjects import nth_address

SKIPPED = 77  # the status of a test that cannot run here


# --- 60,000 connects into a black hole: the test of that does it, and says what it saw ---

BLACK_HOLE = re.compile(r"(\d+) in flight: (\d+) descriptors, (\d+) threads, (\d+) MiB resident, (\d+) bytes for each")


def black_hole(bench, row):
    command = [*bench.all_cores(), "/usr/bin/python3", "-B", str(machine.ROOT / "tests/slow/black_hole_test.py")]
    bench.record(command)
    done = subprocess.run(command, env={**os.environ, "TRACER_BIN": str(bench.program("tracer"))},
                          capture_output=True, text=True, check=False)
    if done.returncode == SKIPPED:
        raise Missing(done.stderr.strip().splitlines()[-1])
    told = BLACK_HOLE.search(done.stderr)
    if done.returncode != 0 or not told:
        raise Failed("the test of the black hole fails")
    return [Finding(row.key, "connects in flight", Bound(at_least=60_000), [int(told[1])], "",
                    note=f"{told[2]} descriptors"),
            Finding(row.key, "user memory each", Bound(at_most=1024), [int(told[5])], "bytes")]


# --- 20,000 TLS handshakes that wait for a server's first flight ---

HANDSHAKES = 20_000
PER_SERVER = 10_000  # connections; under the limit of descriptors
FEW_HANDSHAKES = 64
KIB = 1024


def resident_at(bench, path, in_flight, results, to_the_end):
    """The process's memory with so many handshakes in flight: at once, or the most until they have all ended."""
    command = bench.pinned([bench.program("tracer"), "run", "--once", "--json", "--threads", 1,
                            "--in-flight", in_flight, path])
    with open(results, "wb") as output, Daemon(command, bench.folder / "control", output) as daemon:
        bench.record(daemon.command)
        snapshot = daemon.await_snapshot(lambda seen: seen["checks"]["in_flight"] >= in_flight)
        most = snapshot["process"]["resident_bytes"]
        while to_the_end and snapshot:
            most = max(most, snapshot["process"]["resident_bytes"])
            time.sleep(0.1)
            snapshot = daemon.look()
        if to_the_end:
            daemon.wait()
    return most


def tls_in_flight(bench, row):
    results = bench.folder / "handshakes.ndjson"
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Fleet(bench.program("fleetsim"), bench.folder / f"ca-{number}.pem",
                                             "--idle-timeout", 600, wrap=bench.served()))
                   for number in range(HANDSHAKES // PER_SERVER)]
        monitors = [{"name": f"m{index}", "host": nth_address(index % 1000),
                     "port": servers[index % len(servers)].ports["tls-silent"]} for index in range(HANDSHAKES)]
        path = bench.folder / "handshakes.json"
        path.write_text(json.dumps({"defaults": {"timeout": "20s", "tls": True}, "monitors": monitors}))
        few = resident_at(bench, path, FEW_HANDSHAKES, os.devnull, False)
        many = resident_at(bench, path, HANDSHAKES, results, True)
    with open(results, encoding="utf-8") as lines:
        codes = [(json.loads(line)["failure"] or {}).get("code") for line in lines]
    if codes != ["tls_timeout"] * HANDSHAKES:
        raise Failed(f"{codes.count('tls_timeout')} of {len(codes)} handshakes hung as they should")
    return [Finding(row.key, "handshakes in flight", Bound(at_least=HANDSHAKES), [len(codes)], ""),
            Finding(row.key, "user memory each", Bound(at_most=48), [(many - few) / HANDSHAKES / KIB], "KiB",
                    note=f"over a process with {FEW_HANDSHAKES} in flight")]


# --- import ---

MONITORS = 1_000_000
IMPORT_TEST = re.compile(r"(\d+) bytes a monitor")


def import_document(bench):
    """Some 250 bytes a monitor, one a line: the same as tests/slow/import_million_test.cc reads."""
    path = bench.folder / "import.ndjson"
    with open(path, "w", encoding="ascii") as file:
        for index in range(bench.probes(MONITORS)):
            file.write(f'{{"name": "service-{index:07}", "host": "host-{index:07}.dc{index % 7}.example.net", '
                       f'"port": {443 if index % 4 == 0 else 8080}, "timeout": "5s", '
                       f'"labels": {{"team": "team-{index % 50}", "dc": "dc{index % 7}"}}, '
                       f'"tls": {{"enabled": {str(index % 3 == 0).lower()}, "min_version": "TLSv1.2"}}, '
                       f'"max_retries": 2, "assertions": [{{"type": "connection", "status": "success"}}, '
                       f'{{"type": "response_time", "less_than": 500}}]}}\n')
    return path


def floor_us(bench, path):
    """CPU a monitor of simdjson's own pass over the document, reading the file included."""
    passes = 3
    status, text, errors = bench.run([bench.program("json_floor"), "--file", path, "--count", passes, "--warm", 1])
    check_ended_well(status, "json_floor", errors)
    told = json.loads(text)
    if told["succeeded"] != told["probes"]:
        raise Failed("json_floor did not see every monitor")
    read_s = told["read_user_s"] + told["read_system_s"]
    return (told["user_s"] + told["system_s"] + passes * read_s) / told["probes"] * 1e6


def import_us(bench, path):
    command = [str(bench.program("tracer")), "validate", "--quiet", str(path)]
    bench.record(bench.pinned(command))
    status, text, usage = times_of(command, bench.program_core)
    check_ended_well(status, "validate", text)
    return (usage.ru_utime + usage.ru_stime) / bench.probes(MONITORS) * 1e6


def bulk_import(bench, row):
    path = import_document(bench)
    ratios = []
    for number in range(bench.scale.rounds):
        floor, whole = floor_us(bench, path), import_us(bench, path)
        bench.tell(f"import: round {number + 1}: {whole:.2f} us a monitor, floor {floor:.2f}")
        ratios.append(whole / floor)
        bench.extra.setdefault("import", []).append({"tracer_us": whole, "floor_us": floor})
    path.unlink()
    findings = [Finding(row.key, "tracer validate / JSON floor", Bound(at_most=2.5), ratios,
                        needed=bench.scale.rounds)]
    memory = Bound(at_most=300)
    test = bench.find("import_million_test")
    if test is None:
        return [*findings, Finding(row.key, "resident a monitor", memory, [], note="import_million_test is not built")]
    status, text, _ = bench.run([test, "--gtest_filter=*OneDocument*"])
    check_ended_well(status, "import_million_test", text)
    return [*findings, Finding(row.key, "resident a monitor", memory,
                               [int(found) for found in IMPORT_TEST.findall(text)], "bytes")]


# --- evaluator and pipeline: the micro-benchmarks tell items a second ---

def evaluator(bench, row):
    program = bench.program("micro")
    found = []
    for what, pattern, bound in (("outcomes judged a second, three assertions each", "Evaluator_Tcp", 3.0),
                                 ("records a second from one thread to another", "Spsc_TwoThreads", 20.0)):
        command = [*bench.all_cores(), str(program), f"--benchmark_filter={pattern}", "--benchmark_format=json",
                   f"--benchmark_repetitions={bench.scale.rounds}", f"--benchmark_min_time={bench.scale.seconds / 3}"]
        bench.record(command)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        check_ended_well(done.returncode, "micro", done.stderr)
        found.append(Finding(row.key, what, Bound(at_least=bound), rates(done.stdout), "million/s",
                             needed=bench.scale.rounds))
    return found


def rates(text):
    """Millions of items a second, of each repetition."""
    told = json.loads(text or '{"benchmarks": []}')
    return [run["items_per_second"] / 1e6 for run in told["benchmarks"]
            if run.get("run_type") == "iteration" and "items_per_second" in run]
