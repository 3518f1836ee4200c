#!/usr/bin/env python3
"""fleetsim as a program: its limits, its end, its command line, the monitors that it emits.

No test judges by how long something took, but for lower bounds, which a slow machine cannot break.
"""

import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import time
import unittest

from simfleet.fleet import FLEETSIM, PATIENCE_S, Fleet, read_until, run


class Running(unittest.TestCase):
    def test_many_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = min(5000, hard // 2)
        for workers in ("1", "2"):
            with self.subTest(workers=workers), Fleet("--workers", workers) as fleet:
                connections = [fleet.connect("redis", f"127.0.{i // 250 + 1}.{i % 250 + 1}")
                               for i in range(count)]
                for connection in connections:
                    connection.sendall(b"PING\r\n")
                for connection in connections:
                    self.assertEqual(connection.recv(64), b"+PONG\r\n")
                    connection.close()

    def test_short_of_descriptors(self):
        with Fleet(descriptors=200) as fleet:
            connections = [fleet.connect("redis") for _ in range(300)]
            for connection in connections:
                connection.sendall(b"PING\r\n")
            self.assertEqual(connections[0].recv(64), b"+PONG\r\n")

            def cpu_ticks():
                with open(f"/proc/{fleet.process.pid}/stat", encoding="ascii") as stat:
                    fields = stat.read().rpartition(")")[2].split()
                return int(fields[11]) + int(fields[12])

            # Spinning would take half a second's ticks; resting takes next to none.
            before = cpu_ticks()
            time.sleep(0.5)
            self.assertLess(cpu_ticks() - before, 0.25 * os.sysconf("SC_CLK_TCK"))
            # As each is done with, one that waits is served.
            for connection in connections[1:]:
                connection.settimeout(PATIENCE_S)
            connections[0].close()
            for connection in connections[1:]:
                self.assertEqual(connection.recv(64), b"+PONG\r\n")
                connection.close()

    def test_idle_connections_are_dropped(self):
        with Fleet("--idle-timeout", "0.3") as fleet:
            for name in ("tcp-accept", "tls-silent", "tls-p256", "echo"):
                with self.subTest(name), fleet.connect(name) as connection:
                    self.assertEqual(connection.recv(1), b"")

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Fleet() as fleet:
                with fleet.connect("tcp-accept"):
                    fleet.process.send_signal(number)
                    self.assertEqual(fleet.process.wait(PATIENCE_S), 0)

    def test_ports_are_exclusive(self):
        for workers in ("1", "2"):
            with self.subTest(workers=workers), Fleet("--workers", workers) as fleet:
                second = subprocess.run(
                    [FLEETSIM, "--demo", "--base-port", str(fleet.base_port), "--workers", workers],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)
                self.assertEqual(second.returncode, 3)
                self.assertIn(f"port {fleet.base_port} is in use", second.stderr)

    def test_bad_usage(self):
        for arguments in ([], ["--demo", "--list"], ["--emit", "0"], ["--emit", "-1"],
                          ["--emit", "1", "--base-port", "0"], ["--demo", "--base-port", "65500"],
                          ["--emit", "1", "--tls-share", "2"], ["--nonsense"]):
            with self.subTest(arguments):
                done = subprocess.run([FLEETSIM, *arguments], capture_output=True, text=True,
                                      timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 2)
                self.assertTrue(done.stderr)


class Emitted(unittest.TestCase):
    def emit(self, *arguments):
        return run(FLEETSIM, "--emit", *arguments)

    def test_healthy_monitors(self):
        text = self.emit("3000", "--ca-file", 'a "b"\\c.pem')
        self.assertEqual(text, self.emit("3000", "--ca-file", 'a "b"\\c.pem'))
        monitors = json.loads(text)["monitors"]
        self.assertEqual(len(monitors), 3000)
        self.assertEqual(sum("tls" in monitor for monitor in monitors), 1000)
        self.assertEqual({monitor["labels"]["expect"] for monitor in monitors}, {"up"})
        self.assertEqual(len({monitor["name"] for monitor in monitors}), 3000)
        self.assertEqual(len({monitor["host"] for monitor in monitors}), 3000)
        self.assertEqual({monitor["tls"]["ca_file"] for monitor in monitors if "tls" in monitor},
                         {'a "b"\\c.pem'})
        self.assertIn("PING\r\n", {monitor.get("send_after_connect") for monitor in monitors})

    def test_every_service(self):
        services = json.loads(run(FLEETSIM, "--list", "--json"))["services"]
        lines = self.emit("500", "--mix", "all", "--ndjson", "--tls-share", "0.5").splitlines()
        monitors = [json.loads(line) for line in lines]
        seen = {monitor["labels"]["service"]: monitor["labels"]["expect"] for monitor in monitors}
        self.assertEqual(seen, {service["name"]: service["expect"] for service in services})
        for service in services:
            self.assertEqual(service["monitor"]["port"], service["port"])
            self.assertEqual("tls" in service["monitor"], service["tls"])
        table = run(FLEETSIM, "--list")
        for service in services:
            self.assertRegex(table, rf"(?m)^{service['name']} +{service['port']} ")

    def test_shares(self):
        for share, count in (("0", 0), ("0.333", 333), ("1", 1000)):
            monitors = json.loads(self.emit("1000", "--tls-share", share))["monitors"]
            self.assertEqual(sum("tls" in monitor for monitor in monitors), count)

    def test_named_services(self):
        monitors = json.loads(self.emit("10", "--only", "tls13,tls-expired"))["monitors"]
        self.assertEqual({monitor["labels"]["service"] for monitor in monitors},
                         {"tls13", "tls-expired"})
        done = subprocess.run([FLEETSIM, "--emit", "1", "--only", "tls14"], capture_output=True,
                              text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 3)
        self.assertIn("no service is named tls14", done.stderr)

    def test_emitted_monitors_are_up(self):
        with Fleet() as fleet:
            lines = self.emit("120", "--ndjson", "--base-port", str(fleet.base_port),
                              "--ca-file", fleet.ca)
            for monitor in map(json.loads, lines.splitlines()):
                with self.subTest(monitor["labels"]["service"]):
                    self.check(monitor)

    def check(self, monitor):
        tls = monitor.get("tls", {})
        if "starttls" in tls:
            run("openssl", "s_client", "-starttls", tls["starttls"], "-CAfile", tls["ca_file"],
                "-verify_return_error", "-verify_hostname", tls["server_name"],
                "-connect", f"{monitor['host']}:{monitor['port']}", text_in="")
            return
        connection = socket.create_connection((monitor["host"], monitor["port"]), PATIENCE_S)
        if tls:
            context = ssl.create_default_context(cafile=tls["ca_file"])
            context.set_alpn_protocols(tls.get("alpn", []))
            connection = context.wrap_socket(connection, server_hostname=tls["server_name"])
        with connection:
            connection.sendall(monitor.get("send_after_connect", "").encode())
            wanted = monitor.get("expect_response", "").encode()
            self.assertIn(wanted, read_until(connection, wanted))


if __name__ == "__main__":
    unittest.main(verbosity=2)
