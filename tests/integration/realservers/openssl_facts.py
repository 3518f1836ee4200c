"""What the openssl command line says about a certificate and about a handshake: the second opinion
that tracer's reports are compared with."""

import datetime
import functools
import ipaddress
import re
import subprocess
import tempfile

from .process import run

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
KEY_KINDS = {"rsaEncryption": "RSA", "id-ecPublicKey": "EC", "ED25519": "Ed25519"}
GROUPS = {"prime256v1": "P-256", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
          "X25519": "X25519", "x25519": "X25519"}


@functools.lru_cache(maxsize=None)
def certificate_facts(pem):
    """The facts of one PEM certificate, named and spelled as in tracer's JSON."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        text = run(["openssl", "x509", "-in", file.name, "-noout", "-text",
                    "-nameopt", "RFC2253,-esc_msb,utf8"])
        lines = run(["openssl", "x509", "-in", file.name, "-noout", "-subject", "-issuer",
                     "-serial", "-startdate", "-enddate", "-fingerprint", "-sha256",
                     "-nameopt", "RFC2253,-esc_msb,utf8"])
    values = dict(line.split("=", 1) for line in lines.strip().splitlines())
    kind = re.search(r"Public Key Algorithm: (\S+)", text).group(1)
    bits = re.search(r"Public-Key: \((\d+) bit\)", text)
    return {
        "subject": values["subject"].strip(),
        "issuer": values["issuer"].strip(),
        "serial": values["serial"].lower(),
        "valid_from": rfc3339(values["notBefore"]),
        "valid_until": rfc3339(values["notAfter"]),
        "fingerprint_sha256": values["sha256 Fingerprint"].replace(":", "").lower(),
        "key_type": KEY_KINDS[kind],
        "key_bits": int(bits.group(1)) if bits else 256,  # openssl gives no size for Ed25519
        "signature_algorithm": re.search(r"Signature Algorithm: (\S+)", text).group(1),
        "sans": subject_alternative_names(text),
    }


def subject_alternative_names(text):
    found = re.search(r"Subject Alternative Name:[^\n]*\n\s*([^\n]+)", text)
    if not found:
        return []
    names = [name.strip() for name in found.group(1).split(",")]
    # openssl writes IPv6 addresses out in full; everybody else uses the short form of RFC 5952.
    return [f"IP:{ipaddress.ip_address(name.removeprefix('IP Address:'))}"
            if name.startswith("IP Address:") else name for name in names]


def rfc3339(openssl_time):
    moment = datetime.datetime.strptime(openssl_time, "%b %d %H:%M:%S %Y GMT")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def handshake(address, port, server_name, *options):
    """What s_client saw: protocol, cipher (IANA name), group, and the presented chain as PEM."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{address}:{port}", "-servername", server_name,
         "-showcerts", *options],
        input=b"", capture_output=True, timeout=60)
    text = done.stdout.decode("utf-8", "replace")
    shown = re.search(r"^New, (\S+), Cipher is (\S+)$", text, re.M)
    if not shown or shown.group(2) == "(NONE)":
        raise RuntimeError(f"s_client: {text[-1000:]}{done.stderr.decode(errors='replace')}")
    # "New, TLSv1.2" names the suite's first version; the session's own line is the protocol.
    protocol = re.search(r"^\s*Protocol\s*: (\S+)$", text, re.M)
    group = re.search(
        r"^(?:Negotiated TLS1.3 group|(?:Server|Peer) Temp Key): (?:ECDH, )?([\w-]+)", text, re.M)
    return {
        "protocol": protocol.group(1) if protocol else shown.group(1),
        "cipher": iana_suite(shown.group(2)),
        "group": GROUPS.get(group.group(1), group.group(1)) if group else None,
        "chain": CERTIFICATE.findall(text),
    }


def iana_suite(openssl_name):
    return _suite_names()[openssl_name]


@functools.lru_cache(maxsize=None)
def _suite_names():
    names = {}
    for line in run(["openssl", "ciphers", "-stdname", "ALL:@SECLEVEL=0"]).splitlines():
        standard, _, rest = line.partition(" - ")
        names[rest.split()[0]] = standard.strip()
    return names
