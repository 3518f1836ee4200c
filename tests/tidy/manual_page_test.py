#!/usr/bin/env python3
"""Holds docs/tracer.1 to what the program says of itself, both ways.

    manual_page_test.py TRACER MANUAL_PAGE
"""

import re
import subprocess
import sys
from pathlib import Path


def help_of(tracer, *command):
    return subprocess.run([tracer, *command, "--help"], check=True, capture_output=True, text=True).stdout


def commands_of(text):
    listed = text.partition("Subcommands:")[2]
    return re.findall(r"^  ([a-z]+)\s", listed, re.MULTILINE)


def options_of(text):
    """Long options; the list of them is all that begins with two spaces and dashes."""
    lines = re.findall(r"^  +(-\S+)", text, re.MULTILINE)
    return {name for line in lines for name in line.split(",") if name.startswith("--")} - {"--help"}


def options_in_manual(page):
    return {"-" + name.replace("\\-", "-") for name in re.findall(r"\bFl (-[a-z-]+)", page)} - {"--help"}


def main(tracer, manual):
    page = Path(manual).read_text(encoding="utf-8")
    top = help_of(tracer)
    commands = commands_of(top)
    findings = [] if commands else ["the program lists no commands"]
    programs = options_of(top)
    for command in commands:
        if not re.search(rf"^\.It Cm {command}$", page, re.MULTILINE):
            findings.append(f"the manual page does not tell of the command {command}")
        programs |= options_of(help_of(tracer, command))
    manuals = options_in_manual(page)
    findings += [f"the manual page lacks {option}" for option in sorted(programs - manuals)]
    findings += [f"the program has no {option}" for option in sorted(manuals - programs)]
    print("\n".join(findings) or f"{len(commands)} commands and {len(programs)} options, all told")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
