#!/usr/bin/env python3
"""Fuzzes with libFuzzer: `make fuzz MINUTES=n`, or run.py --minutes N [TARGET...].

The targets run one after the other, each for its share of the minutes, with AddressSanitizer, overflow checks and debug
assertions. What they find new stays in target/fuzz/corpus, what ends one in target/fuzz/artifacts. At the end a table says
for each target how many inputs ran, how many edges they covered, how large the corpus is, and what processor time it took;
target/fuzz/log.jsonl keeps all such lines.

It needs a stable compiler with AddressSanitizer's library (rustup's for Linux has it), and a C++ compiler for libFuzzer.
`cargo fuzz run --fuzz-dir tests/fuzz --features libfuzzer TARGET` does much the same."""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/fuzz"
CARGO = os.environ.get("CARGO", "cargo")
# The share of each target in the time.
TARGETS = {"client": 6, "abi": 6, "replay": 3, "certificates": 4, "pem": 1, "keys": 1, "session": 1, "settings": 1}
# For our own crates only (main() is cargo's RUSTC_WRAPPER, too): edges are counted where we can do something about them.
FLAGS = [
    "-Zsanitizer=address", "-Ccodegen-units=1", "-Cpasses=sancov-module",
    *(f"-Cllvm-args=-sanitizer-coverage-{what}"
      for what in ("level=4", "inline-8bit-counters", "pc-table", "trace-compares")),
]


def host():
    version = subprocess.run([os.environ.get("RUSTC", "rustc"), "-vV"], capture_output=True, text=True, check=True)
    return re.search(r"host: (.+)", version.stdout)[1]


def build(target):
    """Builds what is not built yet; the folder of the programs."""
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "--cfg=fuzzing",
                   "RUSTC_WRAPPER": str(Path(__file__).resolve())}
    subprocess.run([CARGO, "build", "--release", "--features", "libfuzzer", "--target", target,
                    *(f"--bin={name}" for name in TARGETS),
                    "--manifest-path", ROOT / "tests/fuzz/Cargo.toml", "--target-dir", WORK / "build"],
                   env=environment, check=True)
    return WORK / "build" / target / "release"


def seeds():
    """What the tests make; they record connections with real servers."""
    if not (WORK / "seeds").is_dir():
        subprocess.run([CARGO, "test", "--test", "fuzz", "seeds"], cwd=ROOT, check=True)


def run(program, name, seconds):
    corpus, artifacts = WORK / "corpus" / name, WORK / "artifacts" / name
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "ETLS_FUZZ": str(WORK),
                   "ASAN_OPTIONS": "abort_on_error=1:detect_odr_violation=0:allocator_may_return_null=1"}
    # An input is a handshake at most; 10 seconds are far more than any needs, also with a busy machine.
    process = subprocess.run(
        [program, corpus, WORK / "seeds" / name, f"-max_total_time={seconds}", f"-artifact_prefix={artifacts}/",
         "-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048", "-max_len=20000", "-use_value_profile=0",
         "-verbosity=1"],
        env=environment, capture_output=True, text=True, errors="replace", check=False)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = process.stderr
    states = re.findall(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)/", said, re.M)
    executions = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    result = {
        "target": name, "at": time.strftime("%H:%M:%S"), "asked": seconds,
        "executions": int(executions[1] if executions else states[-1][0] if states else 0),
        "edges": int(states[-1][1]) if states else 0, "features": int(states[-1][2]) if states else 0,
        "corpus": int(states[-1][3]) if states else 0,
        "cpu": round(ended.ru_utime - began.ru_utime + ended.ru_stime - began.ru_stime, 1),
        "status": process.returncode,
    }
    with open(WORK / "log.jsonl", "a") as log:
        log.write(json.dumps(result) + "\n")
    if process.returncode:
        (artifacts / "said.txt").write_text(said)
        print(said[-4000:], file=sys.stderr)
    return result


def wrap(command):
    """Compiles a crate for cargo."""
    name = command[command.index("--crate-name") + 1] if "--crate-name" in command else ""
    ours = name.startswith("espruino_tls") or name in TARGETS
    os.execvp(command[0], command + (FLAGS if ours else []))


def main():
    if os.environ.get("RUSTC_WRAPPER") == str(Path(__file__).resolve()) and len(sys.argv) > 1:
        wrap(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    arguments = parser.parse_args()
    names = arguments.targets or list(TARGETS)
    if not shutil.which(CARGO):
        sys.exit(f"{CARGO} can't be run")
    seeds()
    programs = build(host())
    shares = sum(TARGETS[name] for name in names)
    results = [run(programs / name, name, max(1, round(arguments.minutes * 60 * TARGETS[name] / shares)))
               for name in names]
    print(f"{'target':14}{'executions':>12}{'edges':>8}{'corpus':>8}{'CPU s':>8}")
    for r in results:
        print(f"{r['target']:14}{r['executions']:12,}{r['edges']:8,}{r['corpus']:8,}{r['cpu']:8.0f}"
              + ("   FAILED, see target/fuzz/artifacts" if r["status"] else ""))
    sys.exit(any(r["status"] for r in results))


if __name__ == "__main__":
    main()
