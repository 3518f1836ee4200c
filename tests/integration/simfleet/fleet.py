"""A running fleetsim for tests, and clients that share no code with it. FLEETSIM_BIN names the program."""

import json
import os
import re
import resource
import socket
import subprocess
import tempfile
import unittest

FLEETSIM = os.environ["FLEETSIM_BIN"]
PATIENCE_S = 60


class Fleet:
    """A running fleetsim; it ends with the `with` block, or with this process."""

    def __init__(self, *arguments, descriptors=None):
        self.directory = tempfile.TemporaryDirectory(prefix="fleetsim-")
        self.ca, self.cert, self.key = (os.path.join(self.directory.name, "made", name)
                                        for name in ("ca.pem", "client.pem", "client.key"))

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(
            [FLEETSIM, "--demo", "--until-stdin-closes", "--base-port", "0", "--ca-out", self.ca,
             "--client-cert-out", self.cert, "--client-key-out", self.key, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=limit)
        ready = self.process.stdout.readline()
        match = re.fullmatch(r"ready base_port=(\d+) services=(\d+) ipv6=(yes|no)\n", ready)
        assert match, f"not ready: {ready!r}"
        self.base_port = int(match[1])
        self.ipv6 = match[3] == "yes"
        listed = json.loads(run(FLEETSIM, "--list", "--json", "--base-port", str(self.base_port),
                                "--ca-file", self.ca))
        self.services = {service["name"]: service for service in listed["services"]}
        assert len(self.services) == int(match[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        status = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.directory.cleanup()
        return status

    def port(self, name):
        return self.services[name]["port"]

    def connect(self, name, host="127.0.0.1", timeout=PATIENCE_S):
        return socket.create_connection((host, self.port(name)), timeout)


def run(*command, text_in=None):
    return subprocess.run(command, input=text_in, check=True, capture_output=True, text=True,
                          timeout=PATIENCE_S).stdout


def read_until(connection, wanted):
    """What arrives until `wanted` is in it, or the peer closes."""
    got = b""
    while wanted not in got:
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
    return got


def ask(connection, question, wanted):
    connection.sendall(question)
    return read_until(connection, wanted)


class FleetCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet()

    @classmethod
    def tearDownClass(cls):
        status = cls.fleet.stop()
        assert status == 0, f"fleetsim ended with {status}"

    def assert_stays_quiet(self, connection):
        connection.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            connection.recv(1)
