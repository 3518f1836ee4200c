"""Runs the tracer program as a user would, and reads what it prints.

TRACER_TEST_RING, when set, is the ring (--ring) of every command that probes.
"""

import itertools
import json
import os
import subprocess

SECONDS = 120
_numbers = itertools.count(1)

RESULT_KEYS = {
    "monitor", "location", "agent", "scheduled_at", "started_at", "attempts", "verdict", "status",
    "address", "ip_family", "timings_ms", "failure", "tls", "certificate", "response",
    "assertions"}
NESTED_KEYS = {
    "monitor": {"id", "name", "host", "port", "labels"},
    "timings_ms": {"dns", "connect", "starttls", "tls", "response", "total"},
    "failure": {"code", "phase", "detail", "hint"},
    "tls": {"protocol", "cipher", "group", "alpn", "server_name", "starttls", "verified",
            "chain_valid", "chain_error", "name_matches", "self_signed", "ocsp"},
    "certificate": {"subject", "issuer", "valid_from", "valid_until", "days_remaining", "sans",
                    "serial", "fingerprint_sha256", "key_type", "key_bits", "signature_algorithm",
                    "earliest_expiry", "verified_expiry", "chain"},
    "response": {"bytes", "matched", "excerpt"}}
PROBING = ("run", "check", "cert", "bench")
NULLABLE = {"failure", "tls", "certificate", "response"}
ASSERTION_KEYS = {"type", "expected", "actual", "passed", "severity"}


def program():
    path = os.environ.get("TRACER_BIN")
    if not path:
        raise RuntimeError("TRACER_BIN must name the tracer program")
    return path


def command(name, *arguments):
    """A command line of tracer's."""
    ring = os.environ.get("TRACER_TEST_RING")
    chosen = [f"--ring={ring}"] if ring and name in PROBING else []
    return [program(), name, *chosen, *map(str, arguments)]


def environment(extra=None):
    """Only what a test states: a caller's SSL_CERT_FILE or NO_COLOR must not decide a test."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": "/",
            **(extra or {})}


def run(*arguments, stdin="", env=None):
    return subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True,
        errors="replace", timeout=SECONDS, env=environment(env))


def parse_results(stdout):
    """One result a line, nothing else; by monitor name."""
    results = {}
    for line in stdout.splitlines():
        result = json.loads(line)
        check_shape(result)
        name = result["monitor"]["name"]
        if name in results:
            raise AssertionError(f"two results for {name}")
        results[name] = result
    return results


def check_shape(result):
    """The keys are those of the documented format, neither fewer nor more."""
    if set(result) != RESULT_KEYS:
        raise AssertionError(f"keys differ by {set(result) ^ RESULT_KEYS} in {result}")
    for key, expected in NESTED_KEYS.items():
        if result[key] is None and key in NULLABLE:
            continue
        if set(result[key]) != expected:
            raise AssertionError(f"{key}: keys differ by {set(result[key]) ^ expected}")
    for outcome in result["assertions"]:
        if set(outcome) != ASSERTION_KEYS:
            raise AssertionError(f"assertion: keys differ by {set(outcome) ^ ASSERTION_KEYS}")


def sweep(site, monitors, *options, env=None):
    """Checks all monitors once, as one document, and returns (exit status, results by name)."""
    path = os.path.join(site.directory, f"monitors-{os.getpid()}-{next(_numbers)}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"monitors": monitors}, file, indent=1)  # JSON is YAML as well
    done = run("run", "--once", "--json", *options, path, env=env)
    try:
        results = parse_results(done.stdout)
    except (ValueError, AssertionError) as error:
        raise AssertionError(f"{error}\nstandard error: {done.stderr[-2000:]}") from error
    missing = {monitor["name"] for monitor in monitors} ^ set(results)
    if missing:
        raise AssertionError(f"no result for {missing}; standard error: {done.stderr[-2000:]}")
    return done.returncode, results




def summary(result):
    """What matters of a result, short enough for an assertion message."""
    failure = result["failure"] or {}
    failed = [outcome for outcome in result["assertions"] if not outcome["passed"]]
    return (f"{result['monitor']['name']}: {result['verdict']} {failure.get('code')} "
            f"({failure.get('phase')}: {failure.get('detail')}) failed assertions: {failed}")
