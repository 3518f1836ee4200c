"""Certificates for the tests, made with the openssl command line; keys live in the Site only."""

import collections
import datetime
import os
import shutil
import threading

from .process import run

# cert: the leaf alone; chain: leaf and intermediate, as a server should present it.
Leaf = collections.namedtuple("Leaf", "cert key chain")
Authority = collections.namedtuple("Authority", "name cert key folder")

KEY_OPTIONS = {
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA-1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "RSA-3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "RSA-4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "RSA-PSS": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "P-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "Ed25519": ["-algorithm", "ED25519"],
    "Ed448": ["-algorithm", "ED448"],
}

CA_CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = default
policy = any
unique_subject = no
copy_extensions = none
email_in_dn = yes
preserve = yes
utf8 = yes
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
"""
AUTHORITY_EXTENSIONS = """
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


class Pki:
    """A root, intermediates below it, a root nobody trusts, and leaves on demand."""

    def __init__(self, folder, host="tracer.test", address="127.0.0.1"):
        self.folder = folder
        self.host = host
        self.address = address
        self._leaves = {}
        self._company = None
        self._lock = threading.Lock()
        self.root = self._self_signed_authority("root", "/O=Tracer Tests/CN=Test Root")
        self.intermediate = self._authority_below(
            self.root, "intermediate", "/O=Tracer Tests/CN=Test Intermediate")
        self.rsa_intermediate = self._authority_below(
            self.root, "rsa-intermediate", "/O=Tracer Tests/CN=Test RSA Intermediate", "RSA")
        self.ed25519_intermediate = self._authority_below(
            self.root, "ed25519-intermediate", "/O=Tracer Tests/CN=Test Ed25519 Intermediate",
            "Ed25519")
        self.stranger = self._self_signed_authority(
            "stranger", "/O=Someone Else/CN=Unknown Root")
        self.ca_file = self.root.cert

    def leaf(self, name, key="P-256", issuer=None, sans=None, subject=None, starts_in_days=-2,
             ends_in_days=89.5, usage="serverAuth"):
        """The leaf of that name, made when first asked for. Days count from now; where they are no whole number, the
        days that remain are the same for the next hours."""
        with self._lock:
            if name not in self._leaves:
                issuer = issuer or self.intermediate
                if sans is None:
                    sans = [f"DNS:{self.host}", f"IP:{self.address}"]
                subject = subject or f"/CN={self.host}"
                self._leaves[name] = self._issue(
                    name, key, issuer, sans, subject, starts_in_days, ends_in_days, usage)
            return self._leaves[name]

    def self_signed(self, name="self-signed", key="P-256"):
        with self._lock:
            if name not in self._leaves:
                leaf_key = self._key(name, key)
                cert = self._path(f"{name}.crt")
                config = self._write(f"{name}.cnf", "[req]\ndistinguished_name=dn\n[dn]\n")
                run(["openssl", "req", "-x509", "-new", "-key", leaf_key, "-out", cert,
                     "-config", config, "-days", "90", "-subj", f"/CN={self.host}",
                     "-addext", f"subjectAltName=DNS:{self.host},IP:{self.address}",
                     "-addext", "basicConstraints=critical,CA:FALSE",
                     "-addext", "extendedKeyUsage=serverAuth"])
                self._leaves[name] = Leaf(cert, leaf_key, cert)
            return self._leaves[name]

    def company_root(self):
        """A root that issues leaves itself, named as a company names its own."""
        with self._lock:
            if self._company is None:
                self._company = self._self_signed_authority("company", "/CN=Company CA")
            return self._company

    # -- the kinds that go wrong -----------------------------------------------------------

    def expired(self):
        return self.leaf("expired", starts_in_days=-100, ends_in_days=-10)

    def not_yet_valid(self):
        return self.leaf("not-yet-valid", starts_in_days=10, ends_in_days=100)

    def wrong_name(self):
        return self.leaf("wrong-name", subject="/CN=other.test", sans=["DNS:other.test"])

    def unknown_issuer(self):
        """Presented with its root: nothing is missing, the root is just not trusted."""
        return self.leaf("unknown-issuer", issuer=self.stranger)

    def revocation_list(self, name, issuer=None, revoked=()):
        """A list of the issuer's with these leaves on it, current for a month."""
        issuer = issuer or self.intermediate
        config = self._write(
            f"{name}.crl.cnf", CA_CONFIG.format(folder=self._path(f"{name}.crl.d")) +
            "[lines]\nauthorityKeyIdentifier = keyid\n2.5.29.20 = DER:020101\n")
        os.makedirs(self._path(f"{name}.crl.d"))
        open(self._path(f"{name}.crl.d/index.txt"), "w", encoding="utf-8").close()
        signed_by = ["-config", config, "-cert", issuer.cert, "-keyfile", issuer.key]
        for leaf in revoked:
            run(["openssl", "ca", *signed_by, "-revoke", leaf.cert, "-crl_reason", "keyCompromise"])
        run(["openssl", "ca", *signed_by, "-gencrl", "-crldays", "30", "-crlexts", "lines",
             "-out", self._path(f"{name}.crl")])
        return self._path(f"{name}.crl")

    def staple(self, name, leaf, status="V", issuer=None, signer=None):
        """An OCSP response about a leaf, from now on: V (good), R (revoked) or None (unknown). Who signs it is the
        leaf's issuer, unless a signer is given."""
        issuer = issuer or self.intermediate
        signer = signer or issuer
        serial = run(["openssl", "x509", "-in", leaf.cert, "-noout", "-serial"]).strip().split("=")[1]
        revoked = "260601000000Z,keyCompromise" if status == "R" else ""
        index = self._write(f"{name}.ocsp.index",
                            f"{status}\t350101000000Z\t{revoked}\t{serial}\tunknown\t/CN=x\n" if status else "")
        run(["openssl", "ocsp", "-index", index, "-CA", issuer.cert, "-issuer", issuer.cert, "-cert", leaf.cert,
             "-rsigner", signer.cert, "-rkey", signer.key, "-noverify", "-ndays", "30",
             "-respout", self._path(f"{name}.ocsp")])
        return self._path(f"{name}.ocsp")

    # -- making ----------------------------------------------------------------------------

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self._path(name)

    def _key(self, name, kind):
        path = self._path(f"{name}.key")
        run(["openssl", "genpkey", *KEY_OPTIONS[kind], "-out", path])
        return path

    def _self_signed_authority(self, name, subject):
        key = self._key(name, "P-256")
        cert = self._path(f"{name}.crt")
        config = self._write(
            f"{name}.cnf",
            f"[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]{AUTHORITY_EXTENSIONS}")
        run(["openssl", "req", "-x509", "-new", "-key", key, "-out", cert, "-config", config,
             "-days", "3650", "-subj", subject])
        return self._authority(name, cert, key)

    def _authority(self, name, cert, key):
        folder = self._path(f"{name}.d")
        os.makedirs(folder)
        open(os.path.join(folder, "index.txt"), "w", encoding="utf-8").close()
        return Authority(name, cert, key, folder)

    def _authority_below(self, parent, name, subject, key_kind="P-256"):
        key = self._key(name, key_kind)
        cert = self._sign(name, key, parent, subject, AUTHORITY_EXTENSIONS +
                          "authorityKeyIdentifier = keyid\n", -10, 2999.5)
        return self._authority(name, cert, key)

    def _issue(self, name, key_kind, issuer, sans, subject, starts_in_days, ends_in_days, usage):
        key = self._key(name, key_kind)
        extensions = (
            "basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature"
            f"{',keyEncipherment' if key_kind.startswith('RSA') else ''}\n"
            f"extendedKeyUsage = {usage}\nsubjectKeyIdentifier = hash\n"
            "authorityKeyIdentifier = keyid\n")
        if sans:
            extensions += f"subjectAltName = {','.join(sans)}\n"
        cert = self._sign(name, key, issuer, subject, extensions, starts_in_days, ends_in_days)
        chain = self._path(f"{name}.chain.crt")
        with open(chain, "wb") as output:
            for path in (cert, issuer.cert):
                with open(path, "rb") as source:
                    shutil.copyfileobj(source, output)
        return Leaf(cert, key, chain)

    def _sign(self, name, key, issuer, subject, extensions, starts_in_days, ends_in_days):
        # `openssl ca`, because only that sets both dates freely in every supported version.
        request = self._path(f"{name}.csr")
        cert = self._path(f"{name}.crt")
        empty = self._write(f"{name}.req.cnf", "[req]\ndistinguished_name=dn\n[dn]\n")
        run(["openssl", "req", "-new", "-utf8", "-key", key, "-out", request, "-config", empty,
             "-subj", subject])
        config = self._write(f"{name}.ca.cnf", CA_CONFIG.format(folder=issuer.folder))
        extension_file = self._write(f"{name}.ext", extensions)
        run(["openssl", "ca", "-batch", "-notext", "-config", config, "-in", request, "-out", cert,
             "-cert", issuer.cert, "-keyfile", issuer.key, "-extfile", extension_file,
             "-startdate", asn1_time(starts_in_days), "-enddate", asn1_time(ends_in_days)])
        return cert


def asn1_time(days_from_now):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days_from_now)
    return moment.strftime("%Y%m%d%H%M%SZ")
