"""Certificates for these tests, made by the `openssl` program in a folder."""
import base64
import hashlib
import os
import subprocess

FROM, TO = "20200101000000Z", "20491231235959Z"
NAMES = "DNS:localhost,DNS:device.test,IP:127.0.0.1"
# name: key, issuer, names, from, to; issuers first. Without names it is a CA.
RECIPE = {
    "root-p256": ("P-256", None, None, FROM, TO),
    "root-rsa": ("2048", None, None, FROM, TO),
    "middle-rsa": ("2048", "root-rsa", None, FROM, TO),
    "self": ("P-256", None, NAMES, FROM, TO),
    "p256": ("P-256", "root-p256", NAMES, FROM, TO),
    "rsa": ("2048", "middle-rsa", NAMES, FROM, TO),
    "expired": ("P-256", "root-p256", NAMES, FROM, "20210101000000Z"),
    "future": ("P-256", "root-p256", NAMES, "20480101000000Z", TO),
    "client": ("P-256", "root-p256", "DNS:client.test", FROM, TO),
    "other-name": ("P-256", "root-p256", "DNS:other.test", FROM, TO),
}


class Pki:
    def __init__(self, folder):
        self.folder = folder
        for name, entry in RECIPE.items():
            self.make(name, *entry)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name, mode="r"):
        with open(self.path(name), mode) as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def openssl(self, *arguments):
        return subprocess.run(("openssl",) + arguments, cwd=self.folder, check=True, capture_output=True).stdout

    def make(self, name, key, issuer, names, start, end):
        kind = ["EC", "-pkeyopt", "ec_paramgen_curve:" + key] if key[0] == "P" else ["RSA", "-pkeyopt", "rsa_keygen_bits:" + key]
        self.openssl("genpkey", "-algorithm", *kind, "-out", name + ".key")
        self.openssl("req", "-new", "-key", name + ".key", "-subj", f"/O=espruino-tls tests/CN={name}", "-out", name + ".csr")
        extensions = (f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n"
                      if names else "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        self.write(name + ".cnf", f"[ca]\ndefault_ca=it\n[it]\ndatabase={name}.index\nnew_certs_dir=.\nserial={name}.serial\npolicy=any\n"
                   f"[any]\norganizationName=supplied\ncommonName=supplied\n[extensions]\n{extensions}")
        self.write(name + ".index", "")
        signer = ["-cert", issuer + ".crt", "-keyfile", issuer + ".key"] if issuer else ["-selfsign", "-keyfile", name + ".key"]
        self.openssl("ca", "-batch", "-notext", "-create_serial", "-config", name + ".cnf", "-extensions", "extensions", "-md", "sha256",
                     "-startdate", start, "-enddate", end, *signer, "-in", name + ".csr", "-out", name + ".crt")
        chain = self.read(name + ".crt")
        while issuer and RECIPE[issuer][1]:  # the root is not sent
            chain += self.read(issuer + ".crt")
            issuer = RECIPE[issuer][1]
        self.write(name + ".bundle", self.read(name + ".key") + chain)

    def der(self, name):
        return self.openssl("x509", "-in", name + ".crt", "-outform", "DER")

    def fingerprint(self, name):
        return hashlib.sha256(self.der(name)).hexdigest().upper()

    def pin(self, name):
        key = self.openssl("pkey", "-in", name + ".key", "-pubout", "-outform", "DER")
        return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()
