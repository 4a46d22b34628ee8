"""Certificate chains for the cases, made by the `openssl` program: of any keys, as long as is wanted."""

import base64
import hashlib
import os
import re
import subprocess

KEYS = {
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "rsa2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa4096": ("RSA", "rsa_keygen_bits:4096"),
}
# What stands before x and y in a SubjectPublicKeyInfo.
P256_POINT = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


class Chains:
    def __init__(self, folder):
        self.folder = folder
        self.roots = {}  # the key of each chain's root

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def openssl(self, *arguments):
        return subprocess.run(("openssl",) + arguments, cwd=self.folder, check=True, capture_output=True).stdout

    def key(self, kind, which):
        """RSA keys take long to make: each is used in several chains."""
        name = f"{kind}-{which}.key"
        if not os.path.exists(self.path(name)):
            self.openssl("genpkey", "-algorithm", KEYS[kind][0], "-pkeyopt", KEYS[kind][1], "-out", name)
        return name

    def make(self, name, keys, names=1, root=None):
        """A chain, its keys from the leaf to the root: `name`.bundle for a server, `name`.root for the client. `root` names another
        chain whose root is above this one's. Returns the size of the server's Certificate message, which has no root in it.
        """
        certificates, above = [], None
        if root:
            certificates, above = [self.read(root + ".root")], (root + ".root", self.roots[root])
        for i, kind in reversed(list(enumerate(keys))):
            file, key = f"{name}-{i}", self.key(kind, i)
            if i:
                extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
            else:
                extra = "".join(f",DNS:host-{n}.example.com" for n in range(names - 1))
                extensions = (
                    f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
                    f"subjectAltName=DNS:localhost,IP:127.0.0.1{extra}\n"
                )
            with open(self.path(file + ".ext"), "w") as out:
                out.write(extensions)
            self.openssl("req", "-new", "-key", key, "-subj", f"/O=espruino-tls tests/CN={file}", "-out", file + ".csr")
            sign = ["-CA", above[0], "-CAkey", above[1], "-CAcreateserial"] if above else ["-signkey", key]
            digest = "-sha384" if kind in ("p384", "rsa4096") or (above and above[1].startswith("p384")) else "-sha256"
            self.openssl(
                "x509",
                "-req",
                "-in",
                file + ".csr",
                "-days",
                "3000",
                digest,
                "-extfile",
                file + ".ext",
                "-out",
                file + ".crt",
                *sign,
            )
            above = file + ".crt", key
            self.roots.setdefault(name, key)
            certificates.insert(0, self.read(file + ".crt"))
        sent = certificates[:-1] or certificates
        with open(self.path(name + ".bundle"), "w") as out:
            out.write(self.read(self.key(keys[0], 0)) + "".join(sent))
        with open(self.path(name + ".root"), "w") as out:
            out.write(certificates[-1])
        with open(self.path(name + ".chain"), "w") as out:
            out.write("".join(sent))
        return sum(len(der(certificate)) + 3 for certificate in sent) + 7

    def agree(self, name, x, y):
        """The public key of a P-256 key, x and y, and what it has in common with another public key."""
        with open(self.path("peer.der"), "wb") as file:
            file.write(P256_POINT + x + y)
        point = self.openssl("pkey", "-in", name, "-pubout", "-outform", "DER")[-64:]
        shared = self.openssl("pkeyutl", "-derive", "-inkey", name, "-peerkey", "peer.der", "-peerform", "DER")
        return point[:32], point[32:], shared

    def fingerprint(self, name):
        return hashlib.sha256(der(self.read(f"{name}-0.crt"))).hexdigest().upper()


def der(pem):
    return base64.b64decode(re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", pem, re.S)[1])
