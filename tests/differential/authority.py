"""Certificates for the differential test, made with the openssl program: one process a certificate."""

import os
import subprocess
from datetime import datetime, timedelta, timezone

KEYS = {
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA-PSS": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "Ed25519": ["-algorithm", "ED25519"],
    "RSA-1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
}
CONFIG = """
[ca]
default_ca = any
[any]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = default
policy = anything
unique_subject = no
[anything]
[req]
distinguished_name = none
prompt = no
[none]
"""
CA_LINES = {
    "basicConstraints": "critical,CA:TRUE",
    "keyUsage": "critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier": "hash",
    "authorityKeyIdentifier": "keyid",
}
LEAF_LINES = {
    "basicConstraints": "critical,CA:FALSE",
    "keyUsage": "critical,digitalSignature",
    "extendedKeyUsage": "serverAuth",
    "subjectKeyIdentifier": "hash",
    "authorityKeyIdentifier": "keyid",
    "subjectAltName": "DNS:www.example.test",
}


class Certificate:
    def __init__(self, path, key, subject):
        self.path, self.key, self.subject = path, key, subject

    def pem(self):
        with open(self.path, encoding="ascii") as file:
            return file.read()


class Workshop:
    """Keys and certificates in a folder of its own; the keys are made once and shared."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.requests = {}
        self.config = self.write("ca.cnf", CONFIG.format(folder=folder))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")

    def key(self, kind, number=0):
        """(key, request) of that kind; the same for the same number."""
        if (kind, number) not in self.requests:
            key = os.path.join(self.folder, f"{kind}-{number}.key")
            request = os.path.join(self.folder, f"{kind}-{number}.csr")
            self.run("genpkey", *KEYS[kind], "-out", key)
            self.run("req", "-new", "-config", self.config, "-key", key, "-subj", "/CN=x", "-out", request)
            self.requests[kind, number] = key, request
        return self.requests[kind, number]

    def issue(self, kind, subject, issuer, lines, number=0, starts=-10, ends=90, options=()):
        """A certificate below `issuer`, or one that signs itself without. Days count from now."""
        self.count += 1
        key, request = self.key(kind, number)
        path = os.path.join(self.folder, f"{self.count}.pem")
        # An empty index each time: `openssl ca` reads all of it.
        self.write("index", "")
        extensions = self.write("extensions", "".join(
            f"{name} = {value}\n" for name, value in lines.items() if value))
        signer = (["-cert", issuer.path, "-keyfile", issuer.key] if issuer
                  else ["-selfsign", "-keyfile", key])
        self.run("ca", "-batch", "-notext", "-preserveDN", "-config", self.config, *signer, "-in", request,
                 "-out", path, "-subj", subject, "-startdate", day(starts), "-enddate", day(ends),
                 "-extfile", extensions, *options)
        return Certificate(path, key, subject)

    def ca(self, kind, subject, issuer=None, number=0, starts=-10, ends=90, **lines):
        merged = {**CA_LINES, **lines}
        if issuer is None and "authorityKeyIdentifier" not in lines:
            merged["authorityKeyIdentifier"] = None
        return self.issue(kind, subject, issuer, merged, number, starts, ends)

    def leaf(self, kind, issuer, subject="/CN=www.example.test", starts=-10, ends=90, options=(), **lines):
        return self.issue(kind, subject, issuer, {**LEAF_LINES, **lines}, 9, starts, ends, options)


def day(days_from_now):
    return (datetime.now(timezone.utc) + timedelta(days=days_from_now)).strftime("%Y%m%d%H%M%SZ")
