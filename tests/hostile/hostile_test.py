"""Hostile servers: each ends in its failure code, within the timeout and in bounded memory, and the checks of its
neighbours in the same shard go on as if it were not there."""

import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from evils import ALERT, APPLICATION_DATA, HANDSHAKE, Evils, message, nested_der, record  # noqa: E402
from realservers import tracer  # noqa: E402  (from the folder named above)
from realservers.case import Fleet  # noqa: E402
from realservers.peers import Peers  # noqa: E402
from realservers.web import OpensslServer  # noqa: E402
from simfleet.fleet import Fleet as SimulatedFleet  # noqa: E402

TIMEOUT = "3s"
STORM_SECONDS = 6
HEALTHY = 1000
NEIGHBOUR_SECONDS = float(os.environ.get("HOSTILE_NEIGHBOUR_SECONDS", "5"))
MOST_RESIDENT_KB = 96 * 1024  # of a whole run, some hundred checks
SANITIZED = bool(os.environ.get("TRACER_SANITIZE"))  # whose allocators keep what was freed

# phase: evil: the failure's code and phase
TABLE = {
    "response": {
        "silent": ("response_timeout", "response"), "dribble": ("response_mismatch", "response"),
        "endless": ("response_too_large", "response"), "garbage": ("response_mismatch", "response"),
        "close": ("response_closed", "response"), "half_close": ("response_closed", "response"),
        "reset": ("connection_reset", "response")},
    "starttls": {
        "silent": ("tls_timeout", "starttls"), "dribble": ("tls_timeout", "starttls"),
        "endless": ("starttls_protocol_error", "starttls"), "garbage": ("starttls_protocol_error", "starttls"),
        "close": ("starttls_protocol_error", "starttls"), "half_close": ("starttls_protocol_error", "starttls"),
        "reset": ("connection_reset", "starttls")},
    "go_ahead": {
        "silent": ("tls_timeout", "starttls"), "dribble": ("tls_timeout", "starttls"),
        "endless": ("starttls_protocol_error", "starttls"), "garbage": ("starttls_protocol_error", "starttls"),
        "close": ("starttls_protocol_error", "starttls"), "half_close": ("starttls_protocol_error", "starttls"),
        "reset": ("connection_reset", "starttls")},
    "hello": {
        "silent": ("tls_timeout", "tls"), "dribble": ("tls_timeout", "tls"),
        "endless": ("tls_protocol_error", "tls"), "garbage": ("tls_not_tls", "tls"),
        "close": ("tls_closed", "tls"), "half_close": ("tls_closed", "tls"),
        "reset": ("connection_reset", "tls")},
    "flight": {
        "silent": ("tls_timeout", "tls"), "dribble": ("tls_timeout", "tls"),
        "endless": ("certificate_malformed", "tls"), "garbage": ("tls_protocol_error", "tls"),
        "close": ("tls_closed", "tls"), "half_close": ("tls_closed", "tls"),
        "reset": ("connection_reset", "tls")},
    "exchange": {
        "silent": ("response_timeout", "response"), "dribble": ("response_timeout", "response"),
        "garbage": ("tls_protocol_error", "tls"),
        "close": ("response_closed", "response"), "half_close": ("response_closed", "response"),
        "reset": ("connection_reset", "response")},
}
# Of fatal alerts in answer to a ClientHello; those that are not here are told as tls_alert.
ALERTS = {40: "tls_no_common_cipher", 70: "tls_version_unsupported", 71: "tls_no_common_cipher",
          116: "client_certificate_required"}
ALERT_NUMBERS = (10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 109, 112, 113, 115, 116, 120)


class Stormy(OpensslServer):
    """Does to its clients what a key is for, over and over."""

    stdin = subprocess.PIPE

    def __init__(self, site, leaf, version, key):
        super().__init__(site, leaf, [version])
        self.key = key

    def command(self):
        return [word for word in super().command() if word not in ("-quiet", "-rev")]

    def blow(self):
        """Once a client has come. Ends with the server, or after a while."""
        end = time.monotonic() + STORM_SECONDS
        while "CIPHER is" not in self.log() and time.monotonic() < end:
            time.sleep(0.01)
        while time.monotonic() < end and self.process.poll() is None:
            self.process.stdin.write(self.key * 20)
            self.process.stdin.flush()
            time.sleep(0.01)


class Hostile(Fleet):
    @classmethod
    def make_servers(cls):
        cls.leaf = cls.pki.leaf("leaf")
        cls.peers = Peers(cls.site)
        cls.addClassCleanup(cls.peers.close)
        cls.evils = Evils(cls.leaf, cls.peers.over)
        cls.storms = {"KeyUpdate": Stormy(cls.site, cls.leaf, "-tls1_3", b"K\n"),
                      "renegotiation": Stormy(cls.site, cls.leaf, "-tls1_2", b"R\n")}
        return list(cls.storms.values())

    def check(self, name, script, **settings):
        """A monitor over TLS of a peer that plays the script."""
        return self.over_tls(name, self.peers.listen(script), **settings)

    def over_tls(self, name, port, **settings):
        settings = {"timeout": TIMEOUT, "tls": self.tls(), "expect_response": "never", **settings}
        return self.monitor(name, port, **settings)

    def judge(self, expected, monitors):
        """Runs the monitors at once, prints what came of each, and compares with {name: (code, phase)}."""
        results = self.sweep(self.site, monitors)
        print(f"\n| {'peer':34} | {'failure':44} | ms |")
        wrong = []
        for name, (code, phase) in expected.items():
            failure = results[name]["failure"] or {"code": "up", "phase": None, "detail": ""}
            total = results[name]["timings_ms"]["total"]
            print(f"| {name:34} | {failure['code']} in {failure['phase']}: {failure['detail']} | {total:.0f} |")
            if [failure["code"], failure["phase"]] != [code, phase]:
                wrong.append(f"{name}: {tracer.summary(results[name])}, expected {code} in {phase}")
        self.assertEqual(wrong, [])
        return results

    def in_every_phase(self, **settings):
        """A monitor for each cell of the table, and what must come of it, by name."""
        by_phase = {"response": {"tls": False}, "starttls": {"tls": self.tls(starttls="smtp")},
                    "go_ahead": {"tls": self.tls(starttls="smtp")}}
        expected, monitors = {}, []
        for phase, cells in TABLE.items():
            for evil, outcome in cells.items():
                name = f"{evil} in {phase}"
                script = self.evils.in_phase(phase, evil)
                monitors.append(self.check(name, script, **by_phase.get(phase, {}), **settings))
                expected[name] = outcome
        return expected, monitors

    def test_every_evil_in_every_phase(self):
        self.judge(*self.in_every_phase())

    def test_every_alert(self):
        expected, monitors = {}, []
        for number in ALERT_NUMBERS:
            name = f"alert {number}"
            monitors.append(self.check(name, self.evils.alert(number)))
            expected[name] = (ALERTS.get(number, "tls_alert"), "tls")
        results = self.sweep(self.site, monitors)
        for name, (code, phase) in expected.items():
            with self.subTest(name):
                self.assertTrue(results[name]["failure"]["code"].startswith(code), tracer.summary(results[name]))
                self.assertEqual(results[name]["failure"]["phase"], phase)

    def test_malformed_records(self):
        evils = self.evils
        with open(self.leaf.cert, encoding="ascii") as file:
            leaf = ssl.PEM_cert_to_DER_cert(file.read())
        huge = b"\x30\x84" + (2 ** 20).to_bytes(4, "big") + bytes(2 ** 20)
        bomb = nested_der(11_000)
        cases = {
            "a record that announces 65,535": (evils.answers(record(HANDSHAKE, bytes(20_000), length=0xffff)),
                                               "tls_protocol_error"),
            "a record of a kind there is not": (evils.answers(record(99, bytes(32))), "tls_not_tls"),
            "a handshake record of nothing": (evils.answers(record(HANDSHAKE, b"")), "tls_protocol_error"),
            "records of nothing without end": (evils.answers(*[record(HANDSHAKE, b"") * 2000] * 50),
                                               "tls_protocol_error"),
            "warnings without end": (evils.answers(*[record(ALERT, b"\x01\x70") * 2000] * 50), "tls_protocol_error"),
            "application data first": (evils.answers(record(APPLICATION_DATA, b"+PONG\r\n")), "tls_protocol_error"),
            "a message of 16 MB": (evils.answers(record(HANDSHAKE, message(2, bytes(600), length=0xffffff))),
                                   "tls_protocol_error"),
            "a second HelloRetryRequest": (evils.hello_retry_requests(b"\x00\x1d", 2), "tls_protocol_error"),
            "HelloRetryRequest for what was not offered": (evils.hello_retry_requests(b"\x01\x04", 1),
                                                           "tls_protocol_error"),
            "a chain of 100": (evils.certificates([leaf] * 100), "tls_protocol_error"),
            "a certificate of 1 MB": (evils.certificates([huge]), "tls_protocol_error"),
            "a DER bomb": (evils.certificates([bomb]), "certificate_malformed"),
            "a DER bomb for an issuer": (evils.certificates([leaf, bomb]), "certificate_malformed"),
            "no certificate, and silence": (evils.certificates([]), "tls_timeout"),
            "a certificate of nothing": (evils.certificates([b""]), "certificate_malformed"),
        }
        monitors = [self.check(name, script) for name, (script, _) in cases.items()]
        self.judge({name: (code, "tls") for name, (_, code) in cases.items()}, monitors)

    def test_after_the_handshake(self):
        evils, within, old = self.evils, self.evils.after_handshake, ssl.TLSVersion.TLSv1_2
        cases = {
            "application data without end": (within(evils.endless_application_data), "response_too_large", "response"),
            "the same, TLS 1.2": (within(evils.endless_application_data, old), "response_too_large", "response"),
            "a byte of it a second": (within(evils.dribbled_application_data), "response_mismatch", "response"),
            "data after close_notify": (within(evils.data_after_close_notify), "response_closed", "response"),
            "data in the clear": (within(evils.cleartext), "tls_protocol_error", "tls"),
            "a garbled record": (within(evils.garbled), "tls_protocol_error", "tls"),
            "a garbled record, TLS 1.2": (within(evils.garbled, old), "tls_protocol_error", "tls"),
            "a reset": (within(evils.reset_within), "connection_reset", "response"),
            "an end without close_notify": (within(evils.close_without_notify), "response_closed", "response"),
        }
        monitors = [self.check(name, script) for name, (script, *_) in cases.items()]
        self.judge({name: outcome for name, (_, *outcome) in cases.items()}, monitors)

    def test_storms(self):
        storms = [threading.Thread(target=server.blow) for server in self.storms.values()]
        for thread in storms:
            thread.start()
        results = self.sweep(self.site, [self.over_tls(name, server.ports["tls"])
                                         for name, server in self.storms.items()])
        for thread in storms:
            thread.join()
        for name, result in results.items():
            print(tracer.summary(result))
            expected = "response_timeout" if name == "KeyUpdate" else "tls_protocol_error"
            self.assertEqual(result["failure"]["code"], expected, name)

    # -- the neighbours --------------------------------------------------------------------

    def healthy(self, fleet):
        plain = [{"name": f"plain {i}", "host": f"127.9.{i // 250}.{1 + i % 250}", "port": fleet.port("tcp-accept")}
                 for i in range(HEALTHY * 9 // 10)]
        secure = [{"name": f"secure {i}", "host": "127.0.0.1", "port": fleet.port("tls-p256"),
                   "tls": {"ca_file": fleet.ca, "server_name": "fleet.test"}} for i in range(HEALTHY // 10)]
        return [{**monitor, "interval": "1s"} for monitor in plain + secure]

    def run_for_a_while(self, monitors):
        """(snapshot, verdicts by name, greatest resident kilobytes) of one shard that has them all."""
        with tempfile.TemporaryDirectory() as folder:
            document, control = os.path.join(folder, "monitors.json"), os.path.join(folder, "control")
            with open(document, "w", encoding="utf-8") as file:
                json.dump(monitors, file)
            with open(os.path.join(folder, "results"), "w+b") as results:
                command = tracer.command("run", "--json", "--threads", "1", "--control", control, document)
                process = subprocess.Popen(command, stdout=results, stderr=subprocess.DEVNULL, env=tracer.environment())
                try:
                    time.sleep(NEIGHBOUR_SECONDS)
                    snapshot = json.loads(tracer.run("top", "--once", "--json", "--control", control).stdout)
                    process.terminate()
                    _, _, usage = os.wait4(process.pid, 0)
                finally:
                    process.kill()
                results.seek(0)
                verdicts = {}
                for line in results:
                    result = json.loads(line)
                    verdicts.setdefault(result["monitor"]["name"], set()).add(result["verdict"])
        return snapshot, verdicts, usage.ru_maxrss

    def test_neighbours_do_not_notice(self):
        with SimulatedFleet() as fleet:
            healthy = self.healthy(fleet)
            _, evil = self.in_every_phase(interval="4s")  # longer than its timeout: it is never late by itself
            for named, monitors in (("alone", healthy), ("beside hostile servers", healthy + evil)):
                snapshot, verdicts, most_kb = self.run_for_a_while(monitors)
                late = {key: f"{snapshot['lateness_ns'][key] / 1e6:.2f} ms" for key in ("p50", "p99", "p99_9")}
                print(f"\n{HEALTHY} healthy checks a second, {named}: late {late}, {most_kb >> 10} MiB at most")
                self.assertEqual(snapshot["failures"].get("local_resources", 0), 0)
                not_up = {monitor["name"]: verdicts.get(monitor["name"]) for monitor in healthy
                          if verdicts.get(monitor["name"]) != {"up"}}
                self.assertEqual(not_up, {})
                if not SANITIZED:
                    self.assertLess(most_kb, MOST_RESIDENT_KB)


if __name__ == "__main__":
    unittest.main(verbosity=2)
