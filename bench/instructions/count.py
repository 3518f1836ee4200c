#!/usr/bin/env python3
"""Counts the instructions of a check under callgrind, and holds them against the committed bounds.

    count.py [--program PROGRAM] [--bounds FILE] [--rebaseline] [--keep FOLDER]

Two runs of the program make a different number of checks; the difference of what they execute, divided by that of the
checks, is the cost of one, without what starting and ending cost. The servers are not in it, nor is the kernel. Nearly
all of a TLS check is arithmetic within wolfSSL, so what is outside of it is also counted by itself.

Such a count does not depend on how busy the machine is, nor on how fast. It does depend on the compiler, on the
libraries and on what the processor can do, as far as valgrind shows it: so each bound names the toolchain that it is
of, and with another one there is nothing to hold the count against.

Ends with 1 when a count is off by more than the tolerance, with 77 when there is no valgrind or no bound.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "build" / "release" / "bench" / "instructions"
BOUNDS = HERE / "bounds.json"
SKIPPED = 77
# (few checks, many checks): as few as give a steady count. The first checks warm what is remembered.
RUNS = {"tcp": (2_000, 8_000), "tls": (60, 140)}
# What the servers do happens in there, and is not counted.
NOT_COUNTED = "tracer::bench::MemoryRing::wait(long)"


def outside_wolfssl(profile, program):
    """What a callgrind profile has of instructions outside wolfSSL, which is the code of the program that has no line
    numbers, or a library of that name."""
    names, total, inclusive = {"ob": {}, "fl": {}}, 0, False
    current = {"ob": "", "fl": ""}
    for line in profile.splitlines():
        named = re.match(r"(c?)(ob|fl|fi|fe)=\((\d+)\)(?: (.*))?$", line)
        if named:
            called, key, number, name = named.groups()
            key = "ob" if key == "ob" else "fl"
            if name is not None:
                names[key][number] = name
            if not called:
                current[key] = names[key][number]
        elif line.startswith("calls="):
            inclusive = True  # the next line is what the callee cost
        elif line[:1] in "0123456789+-*" and line:
            ours = "wolfssl" not in current["ob"] and (current["ob"] != str(program) or current["fl"] != "???")
            total += int(line.split()[1]) if ours and not inclusive else 0
            inclusive = False
    return total


class Count:
    """What one run came to."""

    def __init__(self, program, kind, checks, folder, planted=0):
        out = Path(folder) / f"{kind}-{checks}.callgrind"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                   f"--toggle-collect={NOT_COUNTED}", "--collect-atstart=yes", program, kind, str(checks), str(planted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            told = done.stderr[-2000:]
            sys.exit(f"count: error: {' '.join(map(str, command))} ended with {done.returncode}:\n{told}")
        told = json.loads(done.stdout)
        profile = out.read_text(encoding="utf-8")
        self.instructions = {kind: int(re.search(r"^summary: (\d+)", profile, re.M)[1])}
        if kind == "tls":
            self.instructions["tls_outside_wolfssl"] = outside_wolfssl(profile, program)
        self.checks, self.toolchain = told["checks"], told["toolchain"]


def per_check(program, kind, folder, planted=0):
    """({what: instructions a check}, toolchain)"""
    few, many = (Count(program, kind, checks, folder, planted) for checks in RUNS[kind])
    return {what: round((many.instructions[what] - few.instructions[what]) / (many.checks - few.checks))
            for what in many.instructions}, many.toolchain


def verdict(what, count, bound, tolerance):
    """None where the count is within the bound, else a sentence."""
    off = count / bound - 1
    if abs(off) <= tolerance:
        return None
    return (f"{what}: {count:,} instructions a check, where {bound:,} are committed: {off:+.1%}, more than "
            f"{tolerance:.0%} {'dearer' if off > 0 else 'cheaper'}")


def judged(document, toolchain, counts):
    """(exit status, what to say)"""
    bound = next((entry for entry in document["bounds"] if entry["toolchain"] == toolchain), None)
    if bound is None:
        return SKIPPED, (f"skipped: there are no bounds for this toolchain: {toolchain}\n"
                         "bench/instructions/count.py --rebaseline adds them\n")
    found = [verdict(what, count, bound[what], document["tolerance"]) for what, count in counts.items()]
    found = [sentence + "\n" for sentence in found if sentence]
    if not found:
        return 0, ""
    return 1, "".join(found) + (
        "Where they go: bench/instructions/count.py --keep FOLDER, then callgrind_annotate FOLDER/FILE.\n"
        "If that is how it should be: bench/instructions/count.py --rebaseline, and say in the commit why.\n")


def rebaseline(document, toolchain, counts):
    others = [entry for entry in document["bounds"] if entry["toolchain"] != toolchain]
    document["bounds"] = others + [{"toolchain": toolchain, **counts}]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--bounds", type=Path, default=BOUNDS)
    parser.add_argument("--rebaseline", action="store_true", help="commit to what is counted now")
    parser.add_argument("--keep", type=Path, help="leave what callgrind wrote in FOLDER, for callgrind_annotate")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind; tools/setup --tests installs it")
        sys.exit(SKIPPED)

    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        counts = {}
        for kind in RUNS:
            of_kind, toolchain = per_check(options.program.resolve(), kind, folder)
            counts |= of_kind
    for what, count in counts.items():
        print(f"{what}: {count:,} instructions a check")

    document = json.loads(options.bounds.read_text(encoding="utf-8"))
    if options.rebaseline:
        rebaseline(document, toolchain, counts)
        options.bounds.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        print(f"{options.bounds}: now has the bounds of {toolchain}")
        return
    status, text = judged(document, toolchain, counts)
    print(text, end="")
    sys.exit(status)


if __name__ == "__main__":
    main()
