"""`tracer bench`: what it counts, what it names, whom it refuses, and how it ends."""

import json
import os
import pty
import signal
import socket
import subprocess
import threading
import unittest

from realservers import tracer
from realservers.names import Dnsmasq
from realservers.process import Site, start_all, stop_all
from simfleet.fleet import FleetCase

KEYS = {"target", "load", "started_at", "interrupted", "connections", "rate", "durations_ms", "failures",
        "cpu_us_per_connection"}
NESTED_KEYS = {
    "target": {"host", "port", "tls", "starttls"},
    "load": {"loop", "rate", "concurrency", "count", "duration_ms", "warm_up_ms", "threads", "reset",
             "resumption"},
    "connections": {"made", "succeeded", "failed", "cut", "missed", "without_port", "warm_up"},
    "durations_ms": {"dns", "connect", "starttls", "tls", "response", "total", "latency"}}
DURATION_KEYS = {"count", "p50", "p90", "p99", "p99_9", "max"}
FAILURE_KEYS = {"code", "count", "phase", "address", "detail", "hint"}
ELSEWHERE = "192.0.2.1"  # for documentation alone: nobody is there


class Counter:
    """Accepts and closes at once; knows how many came."""

    def __init__(self, address):
        self.accepted = 0
        self.socket = socket.create_server((address, 0), backlog=1000)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            self.socket.accept()[0].close()
            self.accepted += 1


class Bench(FleetCase):
    def target(self, service, scheme=""):
        return f"{scheme}127.0.0.1:{self.fleet.port(service)}"

    def bench(self, *arguments, status=0):
        """The object of a load that ends by itself; its shape and its sums are those documented."""
        done = tracer.run("bench", "--json", "--quiet", *arguments)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertEqual(done.stderr, "")
        result = json.loads(done.stdout)
        self.assert_whole(result)
        return result

    def assert_whole(self, result):
        self.assertEqual(set(result), KEYS)
        for key, expected in NESTED_KEYS.items():
            self.assertEqual(set(result[key]), expected, key)
        for name, durations in result["durations_ms"].items():
            if durations is None:
                continue
            self.assertEqual(set(durations), DURATION_KEYS, name)
            order = [durations[key] for key in ("p50", "p90", "p99", "p99_9", "max")]
            self.assertEqual(order, sorted(order), name)
        for failure in result["failures"]:
            self.assertEqual(set(failure), FAILURE_KEYS)
        counts = result["connections"]
        self.assertEqual(counts["made"], counts["succeeded"] + counts["failed"] + counts["cut"])
        self.assertEqual(counts["failed"], sum(failure["count"] for failure in result["failures"]))
        if counts["succeeded"]:
            self.assertEqual(result["durations_ms"]["total"]["count"], counts["succeeded"])

    def tls(self, *arguments):
        return ["--tls", "--ca-file", self.fleet.ca, "--server-name", "fleet.test", *arguments]

    # -- counts and durations --------------------------------------------------------------

    def test_a_closed_loop_makes_its_count(self):
        result = self.bench("--count", 501, "--concurrency", 7, self.target("tcp-accept"))
        self.assertEqual(result["connections"]["succeeded"], 501)
        self.assertEqual(result["load"]["loop"], "closed")
        self.assertEqual((result["load"]["concurrency"], result["load"]["count"]), (7, 501))
        self.assertEqual(result["durations_ms"]["connect"]["count"], 501)
        for absent in ("latency", "tls", "starttls", "dns", "response"):
            self.assertIsNone(result["durations_ms"][absent], absent)
        self.assertGreater(result["rate"], 0)
        self.assertGreater(result["cpu_us_per_connection"], 0)

    def test_an_open_loop_makes_what_its_schedule_has(self):
        result = self.bench("--rate", "200/s", "--count", 300, "--warm-up", "500ms", "--threads", 2,
                            "--concurrency", 1000, self.target("tcp-accept"))
        self.assertEqual(result["connections"]["made"], 300)
        self.assertEqual(result["connections"]["warm_up"], 100)
        self.assertEqual((result["load"]["loop"], result["load"]["rate"]), ("open", 200))
        self.assertEqual(result["load"]["warm_up_ms"], 500)
        self.assertEqual(result["durations_ms"]["latency"]["count"], 300)
        self.assertGreaterEqual(result["durations_ms"]["latency"]["max"], result["durations_ms"]["total"]["p50"])

    def test_a_duration_ends_a_load(self):
        result = self.bench("--duration", "300ms", self.target("tcp-accept"))
        self.assertGreater(result["connections"]["made"], 0)
        self.assertEqual((result["load"]["count"], result["load"]["duration_ms"]), (None, 300))
        done = tracer.run("bench", "--json", "--rate", 1000, "--duration", "300ms", self.target("tcp-accept"))
        counts = json.loads(done.stdout)["connections"]
        self.assertEqual(counts["made"] + counts["missed"], 300, "a busy machine may miss some")

    def test_a_slow_target_is_late_for_its_schedule(self):
        # Each takes 1.5 s and two may be under way, so the third of ten a second waits for a place.
        result = self.bench("--rate", 10, "--count", 4, "--concurrency", 2, "--threads", 1, "--expect", "220 slow",
                            self.target("slow"))
        self.assertEqual(result["connections"]["succeeded"], 4)
        self.assertGreaterEqual(result["durations_ms"]["total"]["p50"], 1500)
        self.assertGreaterEqual(result["durations_ms"]["latency"]["max"], 1500 + 1500 - 300)

    def test_a_rate_that_is_not_held_is_a_failure(self):
        result = self.bench("--rate", 100, "--duration", "1s", "--concurrency", 1, "--expect", "220 slow",
                            self.target("slow"), status=1)
        counts = result["connections"]
        self.assertEqual(counts["made"] + counts["missed"], 100)
        self.assertGreater(counts["missed"], 90)
        self.assertEqual(counts["failed"], 0)

    # -- TLS -------------------------------------------------------------------------------

    def test_handshakes(self):
        result = self.bench(*self.tls("--count", 50), self.target("tls-p256"))
        self.assertEqual(result["connections"]["succeeded"], 50)
        self.assertEqual(result["durations_ms"]["tls"]["count"], 50)
        self.assertEqual(result["target"]["tls"], True)
        self.assertEqual(result["load"]["resumption"], False)

    def test_handshakes_after_starttls(self):
        result = self.bench("--ca-file", self.fleet.ca, "--server-name", "fleet.test", "--count", 20,
                            self.target("smtp", "starttls+smtp://"))
        self.assertEqual(result["connections"]["succeeded"], 20)
        self.assertEqual(result["target"]["starttls"], "smtp")
        self.assertEqual(result["durations_ms"]["starttls"]["count"], 20)

    # -- failures --------------------------------------------------------------------------

    def test_failures_are_named_and_counted(self):
        for service, options, code, phase in (
                ("closed", [], "connection_refused", "connect"),
                ("tls-expired", self.tls(), "certificate_expired", "tls"),
                ("reset-at-accept", ["--expect", "x"], "connection_reset", "response"),
                ("tls-p256", self.tls("--assert", "cipher matches DES"), "assertion_failed", "verdict")):
            with self.subTest(service):
                result = self.bench("--count", 25, *options, self.target(service), status=1)
                self.assertEqual(result["connections"]["failed"], 25)
                (failure,) = result["failures"]
                self.assertEqual((failure["code"], failure["count"], failure["phase"]), (code, 25, phase))
                self.assertEqual(failure["address"], "127.0.0.1")
                self.assertTrue(failure["hint"])
                self.assertIsNone(result["durations_ms"]["total"])

    def test_what_hangs_fails_by_its_timeout(self):
        result = self.bench("--count", 3, "--timeout", "300ms", self.target("blackhole"), status=1)
        self.assertEqual([failure["code"] for failure in result["failures"]], ["connection_timeout"])

    # -- whose a target is -----------------------------------------------------------------

    def refused(self, *arguments):
        done = tracer.run("bench", "--count", 1, *arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_an_address_beyond_loopback_is_refused(self):
        for host in (ELSEWHERE, "[2001:db8::1]", "0.0.0.0"):
            said = self.refused(f"{host}:80")
            self.assertRegex(said, r"\Atracer: \S+ is not a loopback address[^\n]*--i-own-this-target\n\Z")

    def test_who_owns_it_may(self):
        result = self.bench("--count", 2, "--timeout", "100ms", "--i-own-this-target", f"{ELSEWHERE}:80", status=1)
        self.assertEqual(result["connections"]["failed"], 2)
        self.assertEqual(result["target"]["host"], ELSEWHERE)

    def test_a_name_is_what_it_resolves_to(self):
        site = Site()
        self.addCleanup(site.close)
        counter = Counter(site.address)
        dnsmasq = Dnsmasq(site, [
            f"host-record=here.test,{site.address}", f"host-record=elsewhere.test,{ELSEWHERE}",
            f"host-record=both.test,{site.address}", f"host-record=both.test,{ELSEWHERE}"])
        self.addCleanup(stop_all, [dnsmasq])
        start_all([dnsmasq])
        resolver = ["--resolver", f"{site.address}:{dnsmasq.ports['dns']}"]
        for name in ("elsewhere.test", "both.test"):
            said = self.refused(*resolver, f"{name}:{counter.port}")
            self.assertIn(f"{name} is {ELSEWHERE}, which is not a loopback address", said)
        self.assertIn("whose nowhere.test is cannot be told (dns_not_found",
                      self.refused(*resolver, f"nowhere.test:{counter.port}"))
        self.assertEqual(counter.accepted, 0)
        result = self.bench(*resolver, "--count", 5, f"here.test:{counter.port}")
        self.assertEqual(result["connections"]["succeeded"], 5)
        self.assertEqual(result["durations_ms"]["dns"]["count"], 5)

    # -- the command line ------------------------------------------------------------------

    def test_bad_usage_is_2(self):
        target = self.target("tcp-accept")
        for arguments in ([], ["--rate", "0", target], ["--rate", "5/m", target], ["--rate", "2000000", target],
                          ["--concurrency", "0", target], ["--concurrency", "100001", target],
                          ["--count", "0", target], ["--duration", "0", target], ["--duration", "2h", target],
                          ["--warm-up", "-1s", target], ["--retries", "1", target], [target, target],
                          ["no-port-here"]):
            with self.subTest(arguments):
                done = tracer.run("bench", *arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())
                self.assertEqual(done.stdout, "")

    def test_people_see_a_table(self):
        done = tracer.run("bench", *self.tls("--count", 10), self.target("tls-p256"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^127\.0\.0\.1:\d+: TLS handshakes, closed loop, 100 in flight, \d+ thread")
        self.assertRegex(done.stdout, r"(?m)^10 made: 10 succeeded, 0 failed; .*us of tracer's CPU each$")
        for row in ("connect", "tls", "total"):
            self.assertRegex(done.stdout, rf"(?m)^{row} +10( +[\d.]+ (µs|ms|s)){{5}}$")
        self.assertIn("a closed loop", done.stdout)
        self.assertIn("no session is resumed", done.stdout)

    def test_quiet_is_quiet(self):
        done = tracer.run("bench", "--quiet", "--duration", "1200ms", self.target("tcp-accept"))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_a_line_a_second(self):
        done = tracer.run("bench", "--json", "--rate", 20, "--duration", "2500ms", self.target("tcp-accept"))
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 1)
        for line in lines:
            self.assertRegex(line, r"\A[\d.]+ s  [\d.,]+/s  [\d,]+ made  \d+ in flight")

    def test_on_a_terminal_a_line_is_written_over(self):
        controller, terminal = pty.openpty()
        command = tracer.command("bench", "--rate", 20, "--duration", "2500ms", self.target("tcp-accept"))
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal,
                              env=tracer.environment({"TERM": "xterm"})) as process:
            os.close(terminal)
            shown = b""
            try:
                while piece := os.read(controller, 65536):
                    shown += piece
            except OSError:  # how Linux says that the terminal's last user is gone
                pass
        os.close(controller)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown, rb"\r[\d.]+ s  [^\n]* made  [^\n]*\x1b\[K")
        self.assertNotIn(b"\n", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"))

    # -- interruption ----------------------------------------------------------------------

    def interrupted(self, *arguments, signals):
        """Interrupts a load once it has told how it goes."""
        with subprocess.Popen(tracer.command("bench", "--json", *arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=tracer.environment()) as process:
            self.assertRegex(process.stderr.readline(), r"in flight")
            process.send_signal(signal.SIGINT)
            if signals > 1:
                while "again to end at once" not in process.stderr.readline():
                    pass
                while process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    try:
                        process.wait(0.2)
                    except subprocess.TimeoutExpired:
                        pass
            out, errors = process.communicate(timeout=tracer.SECONDS)
        result = json.loads(out)
        self.assert_whole(result)
        self.assertTrue(result["interrupted"])
        return process.returncode, result, errors

    def test_an_interrupt_ends_it_and_tells_what_there_is(self):
        status, result, errors = self.interrupted("--rate", 50, "--duration", "1h", self.target("tcp-accept"),
                                                  signals=1)
        self.assertEqual(status, 0, errors)
        self.assertGreater(result["connections"]["succeeded"], 0)
        self.assertEqual(result["connections"]["missed"], 0)

    def test_a_second_interrupt_cuts_off_what_is_under_way(self):
        status, result, errors = self.interrupted("--concurrency", 5, "--timeout", "5m", "--expect", "x",
                                                  self.target("silent"), signals=2)
        self.assertEqual(result["connections"]["cut"], 5, errors)
        self.assertEqual(status, 3, errors)
        self.assertIn("tracer: nothing was measured\n", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
