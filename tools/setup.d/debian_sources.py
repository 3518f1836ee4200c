#!/usr/bin/env python3
"""Prints the machine's own Debian apt entries as source entries (deb822) of another suite.

The mirror, its options and its keyring stay the machine's: nothing of them is written down in this project.

    debian_sources.py SUITE [ETC_APT]
"""

import re
import sys
from pathlib import Path

RELEASES = {"oldstable", "stable", "testing", "bullseye", "bookworm", "trixie", "forky"}


def stanzas(text):
    """The deb822 paragraphs of a .sources file, as dictionaries; continuation lines stay in their value."""
    for block in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and key:
                fields[key] += "\n" + line
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if fields:
            yield fields


def one_line_entries(text):
    """The entries of a .list file, in the same form."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(\S.*)", line)
        if not match:
            continue
        options, uri, suite, components = match.groups()
        fields = {"types": "deb", "uris": uri, "suites": suite, "components": components.split("#")[0]}
        for option in (options or "").split():
            key, _, value = option.partition("=")
            fields[key.lower()] = value
        yield fields


def source_entry(fields, release):
    """One entry as a source entry of `release`, or None when it is none of Debian's or is switched off."""
    if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
        return None
    if "main" not in fields.get("components", "").split():
        return None
    suites = []
    for suite in fields.get("suites", "").split():
        base, _, pocket = suite.replace("/updates", "-security").partition("-")
        if base in RELEASES and pocket in ("", "security"):
            suites.append(release + ("-security" if pocket else ""))
    if not suites:
        return None
    lines = ["Types: deb-src", "URIs: " + fields["uris"], "Suites: " + " ".join(sorted(set(suites))),
             "Components: main"]
    for key in ("signed-by", "trusted"):
        if key in fields:
            lines.append(key.title() + ": " + fields[key])
    return "\n".join(lines)


def main():
    release = sys.argv[1]
    etc_apt = Path(sys.argv[2] if len(sys.argv) > 2 else "/etc/apt")
    entries = []
    for path in [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]:
        if not path.is_file() or path.suffix not in (".list", ".sources"):
            continue
        parse = stanzas if path.suffix == ".sources" else one_line_entries
        for fields in parse(path.read_text()):
            entry = source_entry(fields, release)
            if entry and entry not in entries:
                entries.append(entry)
    if not entries:
        sys.exit("no Debian entry found under " + str(etc_apt))
    print("\n\n".join(entries))


if __name__ == "__main__":
    main()
