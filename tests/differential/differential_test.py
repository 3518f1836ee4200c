#!/usr/bin/env python3
"""Judges some hundreds of generated chains with tracer (strict), OpenSSL and GnuTLS.

    differential_test.py TRACER

Fails when tracer is wrong about a chain, when the three disagree in a way that the table in docs/judgement.md
does not have, and when that table has a row that no chain bears out.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from authority import Workshop
from kinds import EVERY_KEY, HOST, all_chains

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/judgement.md"
JUDGES = ("tracer", "OpenSSL", "GnuTLS")
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.+?) " + r"\| (accepts|refuses) " * 3 + r"\| .+ \|$", re.MULTILINE)


def succeeds(*arguments):
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def verdicts(tracer, folder, chain):
    """Whether each of JUDGES accepts."""
    leaf, whole, roots = (os.path.join(folder, name) for name in ("leaf.pem", "chain.pem", "roots.pem"))
    pems = chain.pem or [certificate.pem() for certificate in chain.certificates]
    Path(leaf).write_text(pems[0], encoding="ascii")
    Path(whole).write_text("".join(pems), encoding="ascii")
    Path(roots).write_text("".join(root.pem() for root in chain.roots), encoding="ascii")
    address = chain.name[0].isdigit()
    return (
        succeeds(tracer, "cert", "--quiet", "--file", whole, "--ca-file", roots, "--name", chain.name),
        succeeds("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore", "-CAfile",
                 roots, "-untrusted", whole, "-verify_ip" if address else "-verify_hostname", chain.name, leaf),
        succeeds("certtool", "--verify", "--load-ca-certificate", roots, "--infile", whole,
                 "--verify-purpose", "1.3.6.1.5.5.7.3.1", "--verify-hostname", chain.name))


def words(verdict):
    return tuple("accepts" if accepted else "refuses" for accepted in verdict)


def main(tracer):
    explained = {(kind, keys): tuple(verdict) for kind, keys, *verdict in ROW.findall(DOCUMENT.read_text("utf-8"))}
    counts = collections.Counter()
    seen = collections.defaultdict(lambda: collections.defaultdict(list))
    findings = []
    with tempfile.TemporaryDirectory() as temporary:
        shop = Workshop(temporary)
        for kind, key, chain in all_chains(shop):
            verdict = verdicts(tracer, temporary, chain)
            counts["chains"] += 1
            counts["good"] += chain.good
            counts["agreed"] += len(set(verdict)) == 1
            if verdict[0] != chain.good:
                findings.append(f"{kind} with {key}: tracer {words(verdict)[0]} it")
            if len(set(verdict)) > 1:
                seen[kind][words(verdict)].append(key)
    rows = {}
    for kind, by_verdict in seen.items():
        for verdict, keys in by_verdict.items():
            rows[kind, "every" if tuple(keys) == EVERY_KEY else ", ".join(keys)] = verdict
    for (kind, keys), verdict in rows.items():
        if explained.get((kind, keys)) != verdict:
            findings.append(f"not explained: | `{kind}` | {keys} | {' | '.join(verdict)} |")
    findings += [f"explained, but not seen: {kind} with {keys}" for kind, keys in explained if (kind, keys) not in rows]
    print("\n".join(findings))
    print(f"differential: {counts['chains']} chains for {HOST}, {counts['good']} of them good; all three agree on "
          f"{counts['agreed']}, {len(rows)} kinds of disagreement, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
