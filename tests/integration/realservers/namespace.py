"""A network namespace of the test program's own.

In it the servers can have their real ports and addresses from the documentation's ranges, a
firewall can drop packets, and nothing of the machine is touched: it vanishes with its last process.
"""

import os
import subprocess
import sys
import unittest

from .process import find_program

SKIPPED = 77  # what ctest reports as skipped
INSIDE = "TRACER_TEST_INSIDE_NAMESPACE"


def enter():
    """Runs the test program again inside a new namespace; returns only when it is already there,
    or, with the reason as text, when this machine allows none."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # Servers that run as an ordinary user get their real ports, too.
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w", encoding="ascii") as file:
            file.write("0")
        return None
    if os.geteuid() != 0:
        return "needs root to make a network namespace"
    attempt = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True,
                             text=True)
    if attempt.returncode != 0:
        return f"this machine allows no network namespace: {attempt.stderr.strip()}"
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])


def main():
    """The tests of the program, inside; skipped, with the reason, where that is not to be had."""
    find_program("nft", "nftables")
    reason = enter()
    if reason:
        print(f"SKIPPED: {reason}", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)


def add_address(address):
    subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)


def use_resolver(site, address):
    """This namespace's /etc/resolv.conf, and nobody else's, names the given resolver."""
    path = os.path.join(site.directory, "resolv.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"nameserver {address}\n")
    subprocess.run(["mount", "--bind", path, os.path.realpath("/etc/resolv.conf")], check=True)


def firewall(*rules):
    """Input rules of nftables, such as `tcp dport 81 drop`."""
    text = "table inet tracer_tests {\nchain input {\ntype filter hook input priority 0;\n"
    text += "\n".join(rules) + "\n}\n}\n"
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
