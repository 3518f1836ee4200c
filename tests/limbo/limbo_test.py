#!/usr/bin/env python3
"""Judges the SERVER cases of an x509-limbo file (named by TRACER_LIMBO) with judge_chain.

    TRACER_LIMBO=limbo.json limbo_test.py JUDGE_CHAIN

Prints every disagreement with the case and the agreement in numbers. Fails when a chain that the case
calls bad is accepted though `openssl verify`, as applications use it, refuses it too. Where OpenSSL
accepts as well, the case asks for more than clients do (pedantic profiles, CRLs); such disagreements
are listed, not failed.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

SKIPPED = 77
# Accepted on purpose where OpenSSL refuses.
DECIDED = {
    "rfc5280::aki::cross-signed-root-missing-aki":
        "a trusted certificate is an anchor even when it is not self-signed, as in curl and browsers",
    "webpki::aki::root-with-aki-authoritycertserialnumber":
        "an anchor is its name and key; key identifiers are hints for finding issuers, the signature decides",
    "webpki::aki::root-with-aki-all-fields": "the same",
}
NAME_MISMATCH = 0x200


def verdict_of_tracer(program, folder, name, time):
    """(accepted, what was said)."""
    arguments = [program, folder / "chain.pem", folder / "roots.pem", name or "unnamed.invalid", str(time)]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()
    if said == "good":
        return True, said
    problems = int(said.split()[1].rstrip(":"), 16)
    return not name and problems == NAME_MISMATCH, said


def verdict_of_openssl(folder, name, is_address, time):
    arguments = ["openssl", "verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore",
                 "-CAfile", folder / "roots.pem", "-untrusted", folder / "chain.pem", "-attime", str(time)]
    if name:
        arguments += ["-verify_ip" if is_address else "-verify_hostname", name]
    return subprocess.run(arguments + [folder / "leaf.pem"], capture_output=True, check=False).returncode == 0


def main():
    file = os.environ.get("TRACER_LIMBO")
    if not file:
        print("limbo: skipped, TRACER_LIMBO names no file")
        return SKIPPED
    cases = [case for case in json.loads(Path(file).read_text())["testcases"]
             if case["validation_kind"] == "SERVER"]
    agreed, wrong = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for case in cases:
            peer = case["expected_peer_name"] or {"kind": "DNS", "value": ""}
            moment = case["validation_time"]
            time = int((datetime.fromisoformat(moment) if moment else datetime.now()).timestamp())
            (folder / "leaf.pem").write_text(case["peer_certificate"])
            (folder / "chain.pem").write_text("".join([case["peer_certificate"], *case["untrusted_intermediates"]]))
            (folder / "roots.pem").write_text("".join(case["trusted_certs"]))
            accepted, said = verdict_of_tracer(sys.argv[1], folder, peer["value"], time)
            if accepted == (case["expected_result"] == "SUCCESS"):
                agreed += 1
                continue
            both = accepted == verdict_of_openssl(folder, peer["value"], peer["kind"] == "IP", time)
            if accepted and not both and case["id"] not in DECIDED:
                wrong.append(case["id"])
            print(f"{case['id']}: expected {case['expected_result']}, tracer says {said}"
                  f"{', as OpenSSL does' if both else ', OpenSSL says otherwise'}"
                  f"{': decided, ' + DECIDED[case['id']] if case['id'] in DECIDED else ''}")
    print(f"limbo: agrees on {agreed} of {len(cases)}; accepted against OpenSSL: {wrong or 'none'}")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
