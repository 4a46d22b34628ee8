"""Keys and certificates for the benchmark, made by openssl, and what BearSSL wants to know of them."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

SAME = {}  # the environment of openssl: what makes it do the same in every run


def same_random(library):
    """From now on openssl's random numbers are always the same: same_random.c, no rdtsc, no random addresses. Addresses
    depend on the length of its arguments and of its environment, too: it has no other variables, and runs in the folder
    of its files, beside which the library is."""
    usual = ["/usr/bin", "/bin"]
    found = os.path.dirname(shutil.which("openssl"))
    SAME.update(LD_PRELOAD=f"../{library.name}", OPENSSL_ia32cap="~0x10",
                PATH=":".join(usual if found in usual else [found, *usual]))


def command(*arguments):
    """openssl, at the same addresses in every run where that is allowed."""
    fixed = ["setarch", platform.machine(), "-R"]
    if not shutil.which("setarch") or subprocess.run([*fixed, "true"], capture_output=True).returncode:
        fixed = []
    return [*fixed, "openssl", *map(str, arguments)]


CONFIG = """
[req]
distinguished_name = none
[none]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""


def elements(der):
    """The elements of a DER value, as (whole, content)."""
    while der:
        length, start = der[1], 2
        if length > 127:
            start += length & 127
            length = int.from_bytes(der[2:start], "big")
        yield der[:start + length], der[start:start + length]
        der = der[start + length:]


class Pki:
    """Files in a directory: NAME.cert.pem, NAME.key.pem, NAME.chain.pem (what the server sends after the leaf)."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.certificate("self", "P-256")
        self.certificate("root384", "P-384", is_ca=True)
        self.certificate("leaf256", "P-256", issuer="root384")
        self.certificate("rootrsa", "rsa:2048", is_ca=True)
        self.certificate("middlersa", "rsa:2048", issuer="rootrsa", is_ca=True)
        self.certificate("rsa4096", "rsa:4096", is_ca=True)
        self.certificate("leafrsa", "rsa:2048", issuer="middlersa", sends=["middlersa"])

    def path(self, name, what):
        return self.directory / f"{name}.{what}.pem"

    def local(self, arguments):
        """Arguments for a program that runs in the directory."""
        return [a.name if isinstance(a, Path) and a.parent == self.directory else a for a in arguments]

    def openssl(self, *arguments, data=None, seed=""):
        """seed: whose random numbers they are."""
        done = subprocess.run(command(*self.local(arguments)), input=data, capture_output=True, cwd=self.directory,
                              env={**SAME, "BENCH_SEED": seed})
        if done.returncode:
            raise SystemExit(f"bench: openssl {' '.join(map(str, arguments))}\n{done.stderr.decode()}")
        return done.stdout

    def certificate(self, name, key, issuer=None, is_ca=False, sends=(), names=()):
        config = self.directory / f"{name}.cnf"
        config.write_text(CONFIG.format(names=",".join(f"DNS:{n}" for n in [*names, "bench.test"])))
        kind = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{key[4:]}"] if key.startswith("rsa:") else [
            "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{key}"]
        self.openssl("genpkey", *kind, "-out", self.path(name, "key"), seed=name)
        signer = ["-CA", self.path(issuer, "cert"), "-CAkey", self.path(issuer, "key")] if issuer else []
        digest = "-sha384" if (issuer or name) == "root384" else "-sha256"
        self.openssl("req", "-x509", "-new", "-config", config, "-extensions", "ca" if is_ca else "leaf", "-subj",
                f"/CN={name}", "-days", "7300", digest, "-key", self.path(name, "key"), *signer,
                "-out", self.path(name, "cert"))
        self.path(name, "chain").write_bytes(b"".join(self.path(s, "cert").read_bytes() for s in sends))
        self.for_bearssl(name)

    def for_bearssl(self, name):
        """NAME.der, NAME.dn (the subject), NAME.key (a point, or the modulus)."""
        der = self.openssl("x509", "-in", self.path(name, "cert"), "-outform", "DER")
        (_, certificate), = elements(der)
        tbs = [whole for whole, _ in elements(next(elements(certificate))[1])]
        subject, key_info = tbs[5], tbs[6]
        _, bits = list(elements(next(elements(key_info))[1]))[1]
        key = bits[1:]
        if key[0] != 4 or len(key) not in (65, 97):
            key = next(elements(next(elements(key))[1]))[1].lstrip(b"\0")
        for suffix, data in (("der", der), ("dn", subject), ("key", key)):
            (self.directory / f"{name}.{suffix}").write_bytes(data)

    def fingerprint(self, name):
        text = self.openssl("x509", "-in", self.path(name, "cert"), "-noout", "-fingerprint", "-sha256").decode()
        return text.strip().split("=")[1]

    def agreement(self, group):
        """A private number, its public key, and the secret that it shares with itself."""
        key = self.directory / f"agreement-{group}.pem"
        if group == "X25519":
            self.openssl("genpkey", "-algorithm", "X25519", "-out", key)
            private = self.openssl("pkey", "-in", key, "-outform", "DER")[-32:]
            public_bytes = 32
        else:
            self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{group}", "-out", key)
            (_, fields), = elements(self.openssl("ec", "-in", key, "-outform", "DER"))
            private = list(elements(fields))[1][1]
            public_bytes = 1 + 2 * len(private)
        peer = self.directory / f"agreement-{group}.pub"
        public = self.openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        peer.write_bytes(self.openssl("pkey", "-in", key, "-pubout"))
        secret = self.openssl("pkeyutl", "-derive", "-inkey", key, "-peerkey", peer)
        return private, public[-public_bytes:], secret

    def message_size(self, name):
        """Bytes of the certificate message, without its header of 4."""
        chain = self.path(name, "cert").read_text() + self.path(name, "chain").read_text()
        blocks = chain.split("-----END CERTIFICATE-----")[:-1]
        return 3 + sum(3 + len(self.openssl("x509", "-outform", "DER", data=(b + "-----END CERTIFICATE-----\n").encode()))
                       for b in blocks)
