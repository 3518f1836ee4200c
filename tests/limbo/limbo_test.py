#!/usr/bin/env python3
"""Judges the SERVER cases of an x509-limbo file (named by TRACER_LIMBO) with `tracer cert --file`.

    TRACER_LIMBO=limbo.json limbo_test.py TRACER

Prints every disagreement with the case, and the agreement in numbers. Fails when a chain that the case
calls bad is accepted though `openssl verify -x509_strict` refuses it too, and on a disagreement that
docs/judgement.md does not explain.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

SKIPPED = 77
DECISIONS = Path(__file__).resolve().parents[2] / "docs/judgement.md"


def verdict_of_tracer(program, folder, case, moment):
    """(accepted, what was said)."""
    arguments = [program, "cert", "--json", "--file", folder / "chain.pem", "--ca-file", folder / "roots.pem",
                 "--at", moment]
    if case["expected_peer_name"]:
        arguments += ["--name", case["expected_peer_name"]["value"]]
    if case["max_chain_depth"] is not None:
        arguments += ["--max-intermediates", str(case["max_chain_depth"])]
    for index, crl in enumerate(case["crls"]):
        (folder / f"{index}.crl").write_text(crl)
        arguments += ["--crl", folder / f"{index}.crl"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode == 2:  # a file that does not hold what it should vouches for nothing
        return False, done.stderr.strip()
    verdict = json.loads(done.stdout)
    failure = verdict["failure"]
    if (done.returncode == 0) != (failure is None):
        raise RuntimeError(f"{case['id']}: status {done.returncode} beside {failure}")
    return failure is None, "good" if failure is None else f"{failure['code']}: {failure['detail']}"


def verdict_of_openssl(folder, case, moment):
    time = int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
    arguments = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore",
                 "-CAfile", folder / "roots.pem", "-untrusted", folder / "chain.pem", "-attime", str(time)]
    peer = case["expected_peer_name"]
    if peer:
        arguments += ["-verify_ip" if peer["kind"] == "IP" else "-verify_hostname", peer["value"]]
    if case["crls"]:
        (folder / "all.crl").write_text("".join(case["crls"]))
        arguments += ["-crl_check", "-CRLfile", folder / "all.crl"]
    return subprocess.run(arguments + [folder / "leaf.pem"], capture_output=True, check=False).returncode == 0


def main():
    file = os.environ.get("TRACER_LIMBO")
    if not file:
        print("limbo: skipped, TRACER_LIMBO names no file")
        return SKIPPED
    cases = [case for case in json.loads(Path(file).read_text())["testcases"]
             if case["validation_kind"] == "SERVER"]
    decisions = DECISIONS.read_text()
    agreed, wrong, unexplained = 0, [], []
    for case in cases:
        moment = case["validation_time"] or datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "leaf.pem").write_text(case["peer_certificate"])
            (folder / "chain.pem").write_text("".join([case["peer_certificate"], *case["untrusted_intermediates"]]))
            (folder / "roots.pem").write_text("".join(case["trusted_certs"]))
            accepted, said = verdict_of_tracer(sys.argv[1], folder, case, moment)
            if accepted == (case["expected_result"] == "SUCCESS"):
                agreed += 1
                continue
            openssl = verdict_of_openssl(folder, case, moment)
        if accepted and not openssl:
            wrong.append(case["id"])
        if f"`{case['id']}`" not in decisions:
            unexplained.append(case["id"])
        print(f"{case['id']}: expected {case['expected_result']}, tracer says {said}, "
              f"OpenSSL {'accepts' if openssl else 'refuses'}")
    print(f"limbo: agrees on {agreed} of {len(cases)}; accepted against OpenSSL: {wrong or 'none'}; "
          f"not explained: {unexplained or 'none'}")
    return 1 if wrong or unexplained or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
