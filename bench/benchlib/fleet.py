"""A fleetsim that serves what is measured; it ends with the block, or with this process."""

import json
import os
import re
import subprocess

from .measure import Failed


class Fleet:
    """`wrap` is what stands before the command, such as taskset's."""

    def __init__(self, program, ca_file, *arguments, wrap=()):
        self.ca_file = str(ca_file)
        self.command = [*wrap, str(program), "--demo", "--until-stdin-closes", "--base-port", "0",
                        "--ca-out", self.ca_file, *map(str, arguments)]
        self.program = str(program)
        self.process = None
        self.base_port = None
        self.ports = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = re.match(r"ready base_port=(\d+) ", self.process.stdout.readline())
        if not ready:
            self.__exit__()
            raise Failed("fleetsim did not start")
        self.base_port = int(ready[1])
        listed = subprocess.run([self.program, "--list", "--json", "--base-port", ready[1]],
                                check=True, capture_output=True, text=True).stdout
        self.ports = {service["name"]: service["port"] for service in json.loads(listed)["services"]}
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def cpu_s(self):
        return process_cpu_s(self.process.pid)


TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def process_times_s(pid):
    """User and system time of a process and all its threads, to a hundredth of a second."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND


def process_cpu_s(pid):
    return sum(process_times_s(pid))
