"""The rivals' source code, got when it is needed and never kept here, and their archives for the chip."""

import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


HERE = Path(__file__).resolve().parent


class Missing(Exception):
    """Why a rival can't be had."""


def output(*command, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, **options)
    except FileNotFoundError:
        raise Missing(f"{command[0]} is missing") from None
    if done.returncode:
        lines = (done.stderr.strip() or f"{command[0]} fails").splitlines()
        raise Missing(next((line for line in lines if "error:" in line), lines[-1]))
    return done.stdout


def bearssl_source(work):
    """Debian's source package; apt asks the archives it knows, but for sources, and keeps the lists apart from its own."""
    found = sorted(work.glob("bearssl-*/inc/bearssl.h"))
    if not found:
        if not shutil.which("apt-get"):
            raise Missing("apt-get is needed to fetch Debian's source package of BearSSL")
        (work / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        targets = output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                         "Created-By: Packages", "Label: Debian")
        keys = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
        signed = f"[signed-by={keys}] " if keys.exists() else ""
        (work / "sources.list").write_text("".join(f"deb-src {signed}{t}\n" for t in sorted(set(targets.splitlines()))))
        settings = [f"Dir::Etc::SourceList={work}/sources.list", "Dir::Etc::SourceParts=/dev/null", f"Dir::Cache={work}",
                    f"Dir::State::Lists={work}/lists", "APT::Get::List-Cleanup=0"]
        if os.getuid() == 0:
            settings.append("APT::Sandbox::User=root")
        apt = ["apt-get", "-qq", *(word for s in settings for word in ("-o", s))]
        output(*apt, "update", cwd=work)
        output(*apt, "source", "--download-only", "bearssl", cwd=work)
        for archive in work.glob("bearssl_*.orig.tar.*"):
            output("tar", "xf", archive, cwd=work)
        found = sorted(work.glob("bearssl-*/inc/bearssl.h"))
        if not found:
            raise Missing("Debian's source package of BearSSL holds no inc/bearssl.h")
    return found[0].parent.parent


def mbedtls_source(root):
    """The copy inside the crate mbedtls-sys-auto, which the library is built from, too."""
    cargo = os.environ.get("CARGO", "cargo")
    metadata = json.loads(output(cargo, "metadata", "--format-version", "1", "--locked", cwd=root))
    for package in metadata["packages"]:
        if package["name"] == "mbedtls-sys-auto":
            return Path(package["manifest_path"]).parent / "vendor"
    raise Missing("cargo metadata knows no mbedtls-sys-auto")


def crate_source(work, name, version):
    """The folder of a crate, which cargo fetches."""
    folder = work / f"crate-{name}"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "lib.rs").touch()
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "source"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[workspace]\n[dependencies]\n{name} = {{version = "={version}", default-features = false}}\n')
    cargo = os.environ.get("CARGO", "cargo")
    metadata = json.loads(output(cargo, "metadata", "--format-version", "1", cwd=folder))
    for package in metadata["packages"]:
        if package["name"] == name:
            return Path(package["manifest_path"]).parent
    raise Missing(f"cargo metadata knows no {name}")


def archive(path, compiler, files, flags, watched):
    """Compiles the files into an archive, unless one is there that was made with these flags and is newer than what is
    watched."""
    files, made_with = sorted(files), path.with_suffix(".made")
    how = "\n".join(map(str, [*files, *flags]))
    if (path.exists() and made_with.exists() and made_with.read_text() == how
            and all(path.stat().st_mtime > w.stat().st_mtime for w in watched)):
        return path
    objects = path.with_suffix(".objects")
    shutil.rmtree(objects, ignore_errors=True)
    objects.mkdir()

    def compile_one(source):
        object_file = objects / f"{source.stem}.o"
        output(compiler + "gcc", *flags, "-w", "-c", source, "-o", object_file)
        return object_file

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(compile_one, files))
    path.unlink(missing_ok=True)
    output(compiler + "ar", "rcs", path, *made)
    made_with.write_text(how)
    return path


class Rival:
    """A rival's library for the chip: `make` compiles it with some flags and gives what must be linked, and the flags that
    a program needs to use it."""

    def __init__(self, work, root, compiler, flags):
        self.work, self.root, self.compiler, self.flags = work, root, compiler, flags

    def compile(self, name, files, flags, include, private=()):
        """private: flags for the library alone."""
        flags = [*self.flags, *flags, *include]
        path = self.work / f"lib{name}.a"
        settings = [HERE / "user_settings.h", HERE / "mbedtls_settings.h"]
        return [archive(path, self.compiler, files, [*flags, *private], settings)], flags


class BearSSL(Rival):
    source = "bearssl.c"

    def make(self, name, flags):
        source = bearssl_source(self.work)
        return self.compile(name, (source / "src").rglob("*.c"), flags, [f"-I{source / 'inc'}"],
                            ["-DBR_USE_UNIX_TIME=0", "-DBR_USE_URANDOM=0", f"-I{source / 'src'}"])


class MbedTLS2(Rival):
    source = "mbedtls.c"

    def make(self, name, flags):
        source = mbedtls_source(self.root)
        return self.compile(name, (source / "library").glob("*.c"), flags,
                            [f"-I{source / 'include'}", f"-I{HERE}", '-DMBEDTLS_CONFIG_FILE="mbedtls_settings.h"'])


class MbedTLS3(Rival):
    source = "mbedtls.c"

    def make(self, name, flags):
        source = crate_source(self.work, "mbedtls-rs-sys", "0.3.1") / "mbedtls"
        return self.compile(name, (source / "library").glob("*.c"), [*flags, "-DMBEDTLS3"],
                            [f"-I{source / 'include'}", f"-I{HERE}", '-DMBEDTLS_CONFIG_FILE="mbedtls_settings.h"'],
                            [f"-I{source / 'library'}"])


class WolfSSL(Rival):
    source = "wolfssl.c"

    def make(self, name, flags):
        source = crate_source(self.work, "wolfssl-sys", "5.3.0") / "wolfssl-src"
        files = [*(source / "src").glob("*.c"), *(source / "wolfcrypt" / "src").glob("*.c")]
        # What other files include, and what is for processors of another kind.
        whole = "bio conf pk ssl_ x509 misc evp sp_x86_64 sp_arm64 wc_dsp"
        files = [f for f in files if not any(f.name == f"{w}.c" or w.endswith("_") and f.name.startswith(w)
                                             for w in whole.split())]
        if "-DASSEMBLY" in flags:
            files += (source / "wolfcrypt" / "src" / "port" / "arm").glob("thumb2-*-asm.S")
        return self.compile(name, files, [*flags, "-DWOLFSSL_USER_SETTINGS"], [f"-I{source}", f"-I{HERE}"])


class EmbeddedTls(Rival):
    source = "embedded_tls.c"

    def make(self, name, flags):
        """flags: the optimisation, and cargo's. As ours it has core built anew where the compiler's source is there, but not
        core's small and slow arithmetic, and as all in C it takes memcpy and the like from the C library."""
        optimisation, *flags = flags
        chip = [self.root / "espruino-patch" / "cargo-chip.sh"]
        immediate = ""
        if "source" in output(*chip, "--way"):
            immediate = "-Zunstable-options -Cpanic=immediate-abort"
            flags.append("-Zbuild-std-features=")
        level = optimisation.removeprefix("-O")
        built = output(*chip, "build", "--release", "--manifest-path", HERE / "embedded_tls" / "Cargo.toml", "--locked",
                       "--target-dir", self.work / f"embedded-tls-{level}", *flags,
                       "--message-format=json-render-diagnostics", cwd=self.root,
                       env={**os.environ, "RUSTFLAGS": immediate, "CARGO_PROFILE_RELEASE_OPT_LEVEL": level})
        libraries = re.findall(r'"([^"]*libbench_embedded_tls\.a)"', built)
        if not libraries:
            raise Missing("cargo built no library of embedded-tls")
        memory = [f"{what}{size}" for what in ("cpy", "move", "set", "clr") for size in ("", "4", "8")]
        wanted = ["memcpy", "memmove", "memset", "memcmp", *(f"__aeabi_mem{m}" for m in memory)]
        path = self.work / f"lib{name}.a"
        shutil.copy(libraries[-1], path)
        return [*(f"-Wl,-u,{w}" for w in wanted), "-lc", path], self.flags


class Build:
    """How a rival is built, and what that build is measured at."""

    def __init__(self, flags, text, trusts, versions, sessions=False):
        self.flags, self.text, self.trusts, self.versions, self.sessions = (
            flags.split(), text, trusts, versions, sessions)


PIN, PATHS = ("pin",), ("P-384", "RSA-2048")
ALL = PIN + PATHS
OLD, NEW, BOTH = ("TLS 1.2",), ("TLS 1.3",), ("TLS 1.2", "TLS 1.3")

RIVALS = {
    "BearSSL 0.6": (BearSSL, {
        "pins": Build("-Os -DPIN", "-Os, known keys only, AES in constant time", PIN, OLD),
        "-Os": Build("-Os", "-Os, AES in constant time", PATHS, OLD, True),
        "-Os, tables": Build("-Os -DTABLES", "-Os, AES by tables", PATHS, OLD),
        "-O2, pins": Build("-O2 -DPIN -DTABLES", "-O2, known keys only, AES by tables", PIN, OLD),
        "-O2": Build("-O2 -DTABLES", "-O2, AES by tables", PATHS, OLD, True),
        "-Os, all suites": Build("-Os -DEVERY", "-Os, AES in constant time, and all suites", (), OLD),
    }),
    "Mbed TLS 2.28": (MbedTLS2, {
        "-Os": Build("-Os", "-Os, smallest windows", ALL, OLD),
        "-O2": Build("-O2 -DDEFAULT_WINDOWS", "-O2, default windows", ALL, OLD),
        "-Os, all suites": Build("-Os -DEVERY", "-Os, smallest windows, and all suites", (), OLD),
    }),
    "Mbed TLS 3.6": (MbedTLS3, {
        "-Os": Build("-Os", "-Os, smallest windows", ALL, OLD),
        "-Os, default windows": Build("-Os -DDEFAULT_WINDOWS", "-Os, default windows", ALL, OLD),
        "-O2": Build("-O2 -DDEFAULT_WINDOWS", "-O2, default windows", ALL, OLD),
        # As many operations a call as the least that it heeds.
        "restartable": Build("-Os -DRESTARTABLE=124", "-Os, smallest windows, ECP_RESTARTABLE", ALL, OLD),
        "-Os, TLS 1.3": Build("-Os -DTLS13", "-Os, smallest windows, TLS 1.3, tickets", ALL, BOTH, True),
        "-O2, TLS 1.3": Build("-O2 -DTLS13 -DDEFAULT_WINDOWS", "-O2, default windows, TLS 1.3, tickets", ALL, BOTH, True),
    }),
    "wolfSSL 5.9": (WolfSSL, {
        "P-256 only": Build("-Os -DASSEMBLY -DP256_ONLY", "-Os, assembly, P-256 alone", PIN, OLD),
        "-Os": Build("-Os", "-Os, in C, arithmetic for size", ALL, OLD),
        "-Os, curves": Build("-Os -DCURVES", "-Os, curves and RSA in assembly, for size", ALL, OLD),
        "-Os, assembly": Build("-Os -DASSEMBLY", "-Os, assembly, arithmetic for size", ALL, OLD),
        "-O2, assembly": Build("-O2 -DASSEMBLY -DFAST", "-O2, assembly, arithmetic for speed", ALL, OLD),
        "non-blocking": Build("-O2 -DASSEMBLY -DNONBLOCK", "-O2, ECC_NONBLOCK and RSA_NONBLOCK, in C", ALL, OLD),
        "-Os, TLS 1.3": Build("-Os -DASSEMBLY -DTLS13", "-Os, assembly, for size, TLS 1.3, tickets", ALL, BOTH, True),
        "-O2, TLS 1.3": Build("-O2 -DASSEMBLY -DFAST -DTLS13", "-O2, assembly, for speed, TLS 1.3, tickets", ALL, BOTH,
                              True),
        "-Os, all suites": Build("-Os -DASSEMBLY -DEVERY", "-Os, assembly, for size, and all suites", (), OLD),
    }),
    "embedded-tls 0.19": (EmbeddedTls, {
        "z, pins": Build("-Oz", "opt-level z, a known key, verified by our code with its p256", PIN, NEW),
        "z": Build("-Oz --features=paths", "opt-level z", PATHS, NEW),
        "s": Build("-Os --features=paths", "opt-level s", PATHS, NEW),
        "3": Build("-O3 --features=paths", "opt-level 3", PATHS, NEW),
    }),
}
