"""The command line as a program sees it: exit statuses, streams, standard input, interruption."""

import json
import os
import re
import resource
import signal
import subprocess
import time
import unittest

from realservers import openssl_facts, tracer
from realservers.case import Fleet
from realservers.databases import Redis
from realservers.peers import Peers
from realservers.web import Nginx, Vhost

ESCAPE = re.compile(r"\x1b\[")


class CommandLine(Fleet):
    @classmethod
    def make_servers(cls):
        cls.peers = Peers(cls.site)
        cls.addClassCleanup(cls.peers.close)
        cls.port, cls.expired_port = cls.site.port(), cls.site.port()
        cls.nginx = Nginx(cls.site, [Vhost(cls.port, cls.pki.leaf("good")),
                                     Vhost(cls.expired_port, cls.pki.expired())])
        cls.redis = Redis(cls.site)
        return [cls.nginx, cls.redis]

    def setUp(self):
        self.http = self.nginx.ports["http"]
        self.closed = self.site.port()

    def write(self, name, text):
        path = os.path.join(self.site.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def document(self, *monitors):
        return self.write(f"{self.id()}.json", json.dumps(list(monitors)))

    def at(self, port, scheme=""):
        return f"{scheme}{self.site.address}:{port}"

    # -- exit statuses ---------------------------------------------------------------------

    def test_exit_status_of_run(self):
        up, down = self.monitor("up", self.http), self.monitor("down", self.closed)
        self.assertEqual(tracer.run("run", "--once", self.document(up)).returncode, 0)
        self.assertEqual(tracer.run("run", "--once", self.document(up, down)).returncode, 1)

    def test_exit_status_of_check(self):
        self.assertEqual(tracer.run("check", self.at(self.http)).returncode, 0)
        self.assertEqual(tracer.run("check", self.at(self.closed)).returncode, 1)
        self.assertEqual(
            tracer.run("check", self.at(self.http), self.at(self.closed)).returncode, 1)

    def test_bad_usage_is_2(self):
        path = self.document(self.monitor("up", self.http))
        for arguments in (["run", "--once", "--no-such-option", path], ["frobnicate"], ["check"],
                          ["check", "no-port-here"], ["check", "127.0.0.1:70000"],
                          ["check", "--resolver", "nonsense", "127.0.0.1:1"],
                          ["run", "--once", os.path.join(self.site.directory, "missing.json")]):
            with self.subTest(arguments):
                done = tracer.run(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())
                self.assertEqual(done.stdout, "")

    def test_a_bad_document_is_2_and_nothing_is_probed(self):
        path = self.write("bad.yaml", (
            "monitors:\n  - host: " + self.site.address + f"\n    port: {self.http}\n"
            "  - host: b.test\n    port: 70000\n    tls: {min_versoin: TLSv1.2}\n"))
        for command in (["run", "--once", "--json", path], ["validate", path]):
            done = tracer.run(*command)
            self.assertEqual(done.returncode, 2, done.stderr)
            text = done.stderr + (done.stdout if command[0] == "validate" else "")
            self.assertRegex(text, r"bad\.yaml:5:\d+")
            self.assertIn("monitors[1].port", text)
            self.assertIn("min_version", text, "the nearest known key is named")
            if command[0] == "run":
                self.assertEqual(done.stdout, "")

    # -- limits of the machine -------------------------------------------------------------

    def limited(self, descriptors, *arguments, **settings):
        """Runs with so few file descriptors that it gets no further than it should."""
        return subprocess.run(
            tracer.command(*arguments), capture_output=True, text=True, env=tracer.environment(),
            timeout=tracer.SECONDS, **settings, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (descriptors, descriptors)))

    def test_output_that_cannot_be_written_is_3(self):
        path = self.document(self.monitor("up", self.http))
        for arguments in (["run", "--once", path], ["run", "--once", "--json", path],
                          ["check", self.at(self.http)], ["validate", path], ["failures"],
                          ["--help"], ["--version"]):
            with self.subTest(arguments), open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(
                    tracer.command(*arguments), stdout=full, stderr=subprocess.PIPE, text=True,
                    timeout=tracer.SECONDS, env=tracer.environment())
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("cannot write to standard output: No space left", done.stderr)

    def test_closed_output_is_3(self):
        path = self.document(self.monitor("up", self.http))
        done = subprocess.run(
            ["sh", "-c", '"$@" >&-', "sh", *tracer.command("run", "--once", "--json", path)],
            stderr=subprocess.PIPE, text=True, timeout=tracer.SECONDS, env=tracer.environment())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("cannot write to standard output", done.stderr)

    @unittest.skipIf("undefined" in os.environ.get("TRACER_SANITIZE", ""),
                     "the sanitizer itself opens pipes to look at memory, and takes their lack for a finding")
    def test_no_descriptors_is_3_and_not_a_hang(self):
        done = self.limited(5, "check", self.at(self.http))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, r"\Atracer: [^\n]*Too many open files\n\Z")
        self.assertEqual(done.stdout, "")

    def test_a_low_limit_of_descriptors_is_kept_to(self):
        monitors = [self.monitor(f"monitor-{index}", self.http) for index in range(300)]
        done = self.limited(32, "run", "--once", "--json", self.document(*monitors))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(tracer.parse_results(done.stdout)), 300)

    # -- streams ---------------------------------------------------------------------------

    def test_json_is_alone_on_standard_output(self):
        path = self.document(
            self.monitor("up", self.http), self.monitor("down", self.closed),
            self.monitor("unverified", self.port, tls=self.tls(verify=False)))
        done = tracer.run("run", "--once", "--json", path)
        self.assertEqual(set(tracer.parse_results(done.stdout)), {"up", "down", "unverified"})
        self.assertIn("unverified", done.stderr, "verify: false is warned about")

    def test_people_see_no_colour_when_it_is_not_a_terminal(self):
        done = tracer.run("run", "--once", self.document(self.monitor("down", self.closed)))
        self.assertIsNone(ESCAPE.search(done.stdout + done.stderr))
        self.assertIn("connection_refused", done.stdout)
        self.assertIn("Check that the service is running", done.stdout, "the hint is shown")

    def on_a_terminal(self, *arguments, env=None):
        """What a terminal is sent: the program runs on one of its own."""
        controller, terminal = os.openpty()
        with subprocess.Popen(tracer.command(*arguments), stdin=terminal, stdout=terminal,
                              stderr=terminal,
                              env=tracer.environment({"TERM": "xterm", **(env or {})})) as process:
            os.close(terminal)
            shown = b""
            while True:
                try:
                    piece = os.read(controller, 65536)
                except OSError:  # how Linux says that the terminal's last user is gone
                    break
                if not piece:
                    break
                shown += piece
        os.close(controller)
        return process.returncode, shown.decode("utf-8", "replace")

    def test_colour_is_for_terminals_and_no_color_forbids_it(self):
        path = self.document(self.monitor("down", self.closed), self.monitor("up", self.http))
        colour = re.compile(r"\x1b\[[0-9;]*m")
        _, shown = self.on_a_terminal("run", "--once", path)
        self.assertRegex(shown, colour)
        status, shown = self.on_a_terminal("run", "--once", path, env={"NO_COLOR": "1"})
        self.assertNotRegex(shown, colour)
        self.assertIn("connection_refused", shown)
        self.assertEqual(status, 1)

    def test_standard_input(self):
        monitor = self.monitor("from-stdin", self.http)
        for text in (json.dumps(monitor), json.dumps([monitor]),
                     f"monitors:\n- name: from-stdin\n  host: {self.site.address}\n"
                     f"  port: {self.http}\n"):
            done = tracer.run("run", "--once", "--json", "-", stdin=text)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_up(tracer.parse_results(done.stdout)["from-stdin"])

    def test_several_files(self):
        first = self.write("first.json", json.dumps(self.monitor("first", self.http)))
        second = self.write("second.yaml", json.dumps(self.monitor("second", self.http)))
        done = tracer.run("run", "--once", "--json", first, second)
        self.assertEqual(set(tracer.parse_results(done.stdout)), {"first", "second"})

    # -- check and cert --------------------------------------------------------------------

    def test_check_options(self):
        done = tracer.run("check", "--json", "--tls", "--ca-file", self.pki.ca_file,
                          "--server-name", self.pki.host, "--alpn", "http/1.1",
                          "--send", "GET / HTTP/1.0\\r\\n\\r\\n", "--expect", "200 OK",
                          "--assert", "response_time<60000", self.at(self.port))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        (result,) = tracer.parse_results(done.stdout).values()
        self.assert_up(result)
        self.assertEqual(result["tls"]["alpn"], "http/1.1")
        self.assertIn("response_time", [outcome["type"] for outcome in result["assertions"]])
        done = tracer.run("check", "--send", "PING\\r\\n", "--expect", "+PONG",
                          self.at(self.redis.ports["redis"]))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check_of_several_targets(self):
        done = tracer.run("check", "--json", "--no-verify", self.at(self.http),
                          self.at(self.port, "tls://"), self.at(self.closed))
        verdicts = {result["monitor"]["port"]: (result["verdict"], bool(result["tls"]))
                    for result in tracer.parse_results(done.stdout).values()}
        self.assertEqual(verdicts[self.http], ("up", False))
        self.assertEqual(verdicts[self.port], ("up", True))
        self.assertEqual(verdicts[self.closed][0], "down")

    def test_check_explains_a_failure_to_people(self):
        done = tracer.run("check", "--tls", "--ca-file", self.pki.ca_file, "--server-name",
                          self.pki.host, self.at(self.expired_port))
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate_expired", done.stdout)
        self.assertIn("Renew the certificate", done.stdout)

    def test_cert_shows_the_chain(self):
        for port in (self.port, self.expired_port):
            done = tracer.run("cert", "--ca-file", self.pki.ca_file, "--server-name",
                              self.pki.host, self.at(port))
            self.assertEqual(done.returncode, 0 if port == self.port else 1, done.stderr)
            for pem in openssl_facts.handshake(self.site.address, port, self.pki.host)["chain"]:
                facts = openssl_facts.certificate_facts(pem)
                shown = re.sub(r"[:\s]", "", done.stdout.lower())
                self.assertIn(facts["subject"], done.stdout)
                self.assertIn(facts["fingerprint_sha256"], shown)

    # -- interruption ----------------------------------------------------------------------

    def interrupted(self, monitors, *options, lines, insist=False):
        """Runs a sweep and interrupts it when so many results have been printed."""
        with subprocess.Popen(
                tracer.command("run", "--once", "--json", *options, self.document(*monitors)),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=tracer.environment()) as process:
            seen = [process.stdout.readline() for _ in range(lines)]
            process.send_signal(signal.SIGINT)
            while insist and process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
            rest, errors = process.communicate(timeout=tracer.SECONDS)
        self.assertGreater(process.returncode, 0, f"ends by itself, not by the signal: {errors}")
        return process.returncode, tracer.parse_results("".join(seen) + rest)

    def slow(self, name, timeout):
        port = self.peers.listen(self.peers.silent)
        return self.monitor(name, port, expect_response="never", timeout=timeout)

    def test_an_interrupt_lets_finish_what_is_under_way(self):
        monitors = [self.monitor(f"quick-{index}", self.http) for index in range(20)]
        monitors += [self.slow(f"slow-{index}", "3s") for index in range(5)]
        status, results = self.interrupted(monitors, lines=20)
        self.assertEqual(len(results), 25)
        for name, result in results.items():
            if name.startswith("quick"):
                self.assert_up(result)
            else:
                self.assert_down(result, "response_timeout")
        self.assertEqual(status, 1)

    def test_an_interrupt_starts_nothing_more(self):
        monitors = [self.slow(f"slow-{index}", "1s") for index in range(20)]
        status, results = self.interrupted(
            monitors, "--in-flight", "2", "--threads", "1", lines=1)
        self.assertLess(len(results), 20)
        for result in results.values():
            self.assert_down(result, "response_timeout")
        self.assertEqual(status, 1)

    def test_a_sweep_that_was_cut_short_is_no_success(self):
        # Greets when the first second is over, so every check that began is a good one.
        late = self.peers.listen(lambda connection: (
            self.peers.over.wait(1), connection.sendall(b"220 ready\r\n")))
        monitors = [self.monitor(f"late-{index}", late, expect_response="220")
                    for index in range(20)]
        status, results = self.interrupted(
            monitors, "--in-flight", "2", "--threads", "1", lines=1)
        self.assertLess(len(results), 20)
        for result in results.values():
            self.assert_up(result)
        self.assertEqual(status, 3)

    def test_a_second_interrupt_ends_at_once_and_loses_nothing(self):
        monitors = [self.monitor(f"quick-{index}", self.http) for index in range(20)]
        monitors += [self.slow(f"slow-{index}", "5m") for index in range(5)]
        status, results = self.interrupted(monitors, lines=20, insist=True)
        self.assertEqual(len(results), 25)
        for index in range(20):
            self.assert_up(results[f"quick-{index}"])
        for index in range(5):
            result = results[f"slow-{index}"]
            self.assertEqual((result["verdict"], result["failure"]["code"]),
                             ("unknown", "local_shutdown"))
        self.assertEqual(status, 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
