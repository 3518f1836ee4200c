"""The kinds of chains: what each is made of, and whether it is good by every rule.

A kind is a function of (workshop, kind of key) that yields a Chain. `leaf_only` and `ca_only` make one from
extension lines alone.
"""

import base64
from dataclasses import dataclass, field

from authority import Certificate

HOST = "www.example.test"


@dataclass
class Chain:
    certificates: list  # leaf first
    roots: list
    good: bool = False
    name: str = HOST
    pem: list = field(default_factory=list)  # in place of the certificates' own


def root_of(shop, key, **lines):
    return shop.ca(key, "/CN=Root", None, 1, **lines)


def leaf_only(good=False, **settings):
    def make(shop, key):
        root = root_of(shop, key)
        intermediate = shop.ca(key, "/CN=Intermediate", root, 2)
        return Chain([shop.leaf(key, intermediate, **settings), intermediate], [root], good)
    return make


def ca_only(good=False, leaf=None, **settings):
    def make(shop, key):
        root = root_of(shop, key)
        intermediate = shop.ca(key, "/CN=Intermediate", root, 2, **settings)
        return Chain([shop.leaf(key, intermediate, **(leaf or {})), intermediate], [root], good)
    return make


def root_only(good=False, **settings):
    def make(shop, key):
        root = root_of(shop, key, **settings)
        return Chain([shop.leaf(key, root)], [root], good)
    return make


def deep(depth, good=True, **top):
    def make(shop, key):
        root = issuer = root_of(shop, key)
        chain = []
        for number in range(depth):
            lines = top if number == 0 else {}
            issuer = shop.ca(key, f"/CN=Intermediate {number}", issuer, 2 + number % 5, **lines)
            chain.insert(0, issuer)
        return Chain([shop.leaf(key, issuer), *chain], [root], good)
    return make


def crossed(trusted, presented, good=True, old_ends=90):
    """A CA certified by two roots; `trusted` and `presented` say which of the two are used."""
    def make(shop, key):
        roots = [shop.ca(key, f"/CN=Root {number}", None, number) for number in (0, 1)]
        crosses = [shop.ca(key, "/CN=Cross", root, 2, ends=ends) for root, ends in zip(roots, (old_ends, 90))]
        leaf = shop.leaf(key, crosses[0])
        return Chain([leaf, *(crosses[number] for number in presented)], [roots[number] for number in trusted], good)
    return make


def untrusted(shop, key):
    chain = leaf_only()(shop, key)
    return Chain([*chain.certificates, *chain.roots], [shop.ca(key, "/CN=Another Root", None, 3)])


def same_name_other_key(shop, key):
    chain = leaf_only()(shop, key)
    return Chain(chain.certificates, [shop.ca(key, "/CN=Root", None, 3)])


def self_signed(shop, key):
    return Chain([shop.issue(key, f"/CN={HOST}", None, {"subjectAltName": f"DNS:{HOST}"})], [root_of(shop, key)])


def missing(shop, key):
    chain = leaf_only()(shop, key)
    return Chain(chain.certificates[:1], chain.roots)


def shuffled(shop, key):
    chain = deep(3)(shop, key)
    leaf, *rest = chain.certificates
    return Chain([leaf, *reversed(rest), *chain.roots], chain.roots, True)


def changed(index):
    """One bit of a signature is another."""
    def make(shop, key):
        chain = leaf_only()(shop, key)
        pems = [certificate.pem() for certificate in chain.certificates]
        lines = pems[index].strip().split("\n")
        der = bytearray(base64.b64decode("".join(lines[1:-1])))
        der[-3] ^= 1
        text = base64.encodebytes(bytes(der)).decode()
        pems[index] = f"{lines[0]}\n{text}{lines[-1]}\n"
        chain.pem = pems
        return chain
    return make


def below_a_leaf(shop, key):
    root = root_of(shop, key)
    middle = shop.leaf(key, root, subject="/CN=middle.test", subjectAltName="DNS:middle.test")
    return Chain([shop.leaf(key, middle), middle], [root])


def wrong_issuer(shop, key):
    """The names fit, but another key of that name has signed."""
    root = root_of(shop, key)
    shown = shop.ca(key, "/CN=Intermediate", root, 2)
    signer = shop.ca(key, "/CN=Intermediate", root, 3)
    leaf = shop.leaf(key, Certificate(signer.path, signer.key, signer.subject))
    return Chain([leaf, shown], [root])


def constraint(rule, **leaf):
    return ca_only(nameConstraints=f"critical,{rule}", leaf=leaf)


def named(name, make):
    def other(shop, key):
        chain = make(shop, key)
        chain.name = name
        return chain
    return other


GOOD = {
    "direct": root_only(True),
    "intermediate": leaf_only(True),
    "deep-4": deep(4),
    "deep-8": deep(8),
    "path-length-kept": deep(2, basicConstraints="critical,CA:TRUE,pathlen:1"),
    "shuffled-with-root": shuffled,
    "crossed-both": crossed((0, 1), (0, 1)),
    "crossed-first": crossed((0,), (0, 1)),
    "crossed-second": crossed((1,), (0, 1)),
    "crossed-around-expiry": crossed((0, 1), (0, 1), old_ends=-1),
    "wildcard": leaf_only(True, subject="/CN=*.example.test", subjectAltName="DNS:*.example.test"),
    "without-common-name": leaf_only(True, subject="/O=Example"),
    "names-within": ca_only(True, nameConstraints="critical,permitted;DNS:example.test"),
    "names-not-excluded": ca_only(True, nameConstraints="critical,excluded;DNS:bad.test"),
    "names-uncritical": ca_only(True, nameConstraints="permitted;DNS:example.test"),
    "ca-for-servers": ca_only(True, extendedKeyUsage="serverAuth,clientAuth"),
    "servers-and-clients": leaf_only(True, extendedKeyUsage="serverAuth,clientAuth"),
    "address": named("192.0.2.7", leaf_only(True, subject="/O=Example", subjectAltName="IP:192.0.2.7")),
}
BAD = {
    "expired-leaf": leaf_only(ends=-1),
    "expired-intermediate": ca_only(ends=-1),
    "expired-root": root_only(ends=-1),
    "early-leaf": leaf_only(starts=5),
    "early-intermediate": ca_only(starts=5),
    "another-name": leaf_only(subject="/CN=other.test", subjectAltName="DNS:other.test"),
    "name-in-common-name-alone": leaf_only(subjectAltName=None),
    "wildcard-for-two-labels": named(f"a.{HOST}", leaf_only(subject="/O=Example",
                                                             subjectAltName="DNS:*.example.test")),
    "wildcard-inside-a-label": leaf_only(subject="/O=Example", subjectAltName="DNS:w*.example.test"),
    "untrusted-root": untrusted,
    "root-with-another-key": same_name_other_key,
    "self-signed": self_signed,
    "intermediate-missing": missing,
    "crossed-untrusted": crossed((1,), (0,), good=False),
    "changed-leaf": changed(0),
    "changed-intermediate": changed(1),
    "signed-by-another-key": wrong_issuer,
    "below-a-leaf": below_a_leaf,
    "ca-flag-missing": ca_only(basicConstraints=None),
    "ca-flag-false": ca_only(basicConstraints="critical,CA:FALSE"),
    "ca-may-not-sign": ca_only(keyUsage="critical,cRLSign"),
    "path-length-broken": deep(3, False, basicConstraints="critical,CA:TRUE,pathlen:1"),
    "leaf-for-clients": leaf_only(extendedKeyUsage="clientAuth"),
    "ca-for-clients": ca_only(extendedKeyUsage="clientAuth"),
    "leaf-signs-lists-alone": leaf_only(keyUsage="critical,cRLSign"),
    "names-outside": constraint("permitted;DNS:other.test"),
    "names-excluded": constraint("excluded;DNS:example.test"),
    "names-wildcard-into-excluded": constraint("excluded;DNS:x.example.test", subject="/O=Example",
                                               subjectAltName=f"DNS:*.example.test,DNS:{HOST}"),
    "names-address-outside": constraint("permitted;IP:10.0.0.0/255.0.0.0", subject="/O=Example",
                                        subjectAltName=f"DNS:{HOST},IP:192.0.2.7"),
    "names-directory-outside": ca_only(nameConstraints="critical,permitted;dirName:allowed\n[allowed]\nO=Elsewhere"),
    "unknown-critical-in-leaf": leaf_only(**{"1.2.3.4": "critical,ASN1:UTF8String:x"}),
    "unknown-critical-in-ca": ca_only(**{"1.2.3.4": "critical,ASN1:UTF8String:x"}),
    "no-authority-key-id": leaf_only(authorityKeyIdentifier="none"),
    "ca-without-subject-key-id": ca_only(subjectKeyIdentifier="none",
                                         leaf={"authorityKeyIdentifier": "none"}),
    "ca-flag-uncritical": ca_only(basicConstraints="CA:TRUE"),
    "ca-without-key-usage": ca_only(keyUsage=None),
    "root-for-servers-alone": root_only(extendedKeyUsage="serverAuth"),
    "common-name-elsewhere": leaf_only(subject="/CN=other.test"),
    "purpose-missing": leaf_only(extendedKeyUsage=None),
    "purpose-any": leaf_only(extendedKeyUsage="serverAuth,anyExtendedKeyUsage"),
    "purpose-critical": leaf_only(extendedKeyUsage="critical,serverAuth"),
    "names-critical-beside-subject": leaf_only(subjectAltName=f"critical,DNS:{HOST}"),
    "underscore": leaf_only(subjectAltName=f"DNS:{HOST},DNS:a_b.example.test"),
    "leaf-is-a-ca": leaf_only(basicConstraints="critical,CA:TRUE"),
    "leaf-may-sign": leaf_only(keyUsage="critical,digitalSignature,keyCertSign"),
    "leaf-with-name-constraints": leaf_only(nameConstraints="critical,permitted;DNS:example.test"),
    "policy-constraints-uncritical": ca_only(policyConstraints="requireExplicitPolicy:3"),
    "constraint-with-leading-dot": constraint("permitted;DNS:.example.test"),
    "info-access-malformed": leaf_only(**{"1.3.6.1.5.5.7.1.1": "DER:6D616C"}),
    "info-access-critical": leaf_only(authorityInfoAccess="critical,caIssuers;URI:http://example.test/"),
}
# Of keys that matter: made with one kind of key alone.
SINGLE = {
    "sha1": ("RSA", leaf_only(options=("-md", "sha1"))),
    "sha1-ecdsa": ("P-256", leaf_only(options=("-md", "sha1"))),
    "rsa-pss-signature": ("RSA", leaf_only(True, options=("-sigopt", "rsa_padding_mode:pss", "-sigopt",
                                                         "rsa_pss_saltlen:-1"))),
    "rsa-1024": ("RSA-1024", leaf_only()),
    "usage-beyond-key": ("P-256", leaf_only(keyUsage="critical,digitalSignature,keyEncipherment")),
}
EVERY_KEY = ("RSA", "RSA-PSS", "P-256", "P-384", "Ed25519")


def all_chains(shop):
    """(kind, key, chain) of every kind with every key."""
    for kind, make in {**GOOD, **BAD}.items():
        for key in EVERY_KEY:
            yield kind, key, make(shop, key)
    for kind, (key, make) in SINGLE.items():
        yield kind, key, make(shop, key)
