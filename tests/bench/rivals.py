"""The rivals' source code, got when it is needed and never kept here, and their archives for the chip."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Missing(Exception):
    """Why a rival can't be had."""


def output(*command, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, **options)
    except FileNotFoundError:
        raise Missing(f"{command[0]} is missing") from None
    if done.returncode:
        raise Missing((done.stderr.strip() or f"{command[0]} fails").splitlines()[-1])
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


def archive(path, compiler, files, flags, watched):
    """Compiles the files into an archive, unless one is there that is newer than what is watched."""
    if path.exists() and all(path.stat().st_mtime > w.stat().st_mtime for w in watched):
        return path
    objects = path.with_suffix(".objects")
    shutil.rmtree(objects, ignore_errors=True)
    objects.mkdir()

    def compile_one(source):
        object_file = objects / f"{source.stem}.o"
        output(compiler + "gcc", *flags, "-w", "-c", source, "-o", object_file)
        return object_file

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(compile_one, sorted(files)))
    path.unlink(missing_ok=True)
    output(compiler + "ar", "rcs", path, *made)
    return path


def bearssl(work, compiler, flags):
    """The archive, and the flags that a program needs to use it."""
    source = bearssl_source(work)
    flags = [*flags, f"-I{source / 'inc'}"]
    files = list((source / "src").rglob("*.c"))
    no_system = ["-DBR_USE_UNIX_TIME=0", "-DBR_USE_URANDOM=0"]
    private = [*flags, *no_system, f"-I{source / 'src'}"]
    return archive(work / "libbearssl.a", compiler, files, private, [Path(__file__)]), flags


def mbedtls(work, root, compiler, flags, kind):
    """The archive of that kind, and the flags that a program needs to use it."""
    here = Path(__file__).resolve().parent
    source = mbedtls_source(root)
    config = here / "mbedtls_config.h"
    flags = [*flags, f"-I{source / 'include'}", f"-I{here}", f'-DMBEDTLS_CONFIG_FILE="{config.name}"']
    files = list((source / "library").glob("*.c"))
    return archive(work / f"libmbedtls-{kind}.a", compiler, files, flags, [Path(__file__), config]), flags
