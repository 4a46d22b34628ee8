#!/usr/bin/env python3
"""Runs BoringSSL's TLS test suite against the shim and counts: passed, failed, and what was not run for what reason.

BOGO_RUNNER names the suite's test program, or the folder it lies in (boringssl/ssl/test/runner, after `go test -c`
there). It comes from elsewhere: nothing here fetches or builds it. Without it nothing is run, and that is said.

  run.py                 all tests
  run.py --test PATTERN  only these (separated by semicolons)

What config.json disables is run all the same: it may not pass, or it need not be disabled any more.
"""

import argparse
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CONFIG = os.path.join(HERE, "config.json")


def find_runner():
    path = os.environ.get("BOGO_RUNNER", "")
    if not path:
        print("BoGo: SKIPPED, nothing was run. It needs BoringSSL's test runner: build it where you have BoringSSL")
        print("(cd boringssl/ssl/test/runner && go test -c), then: make bogo BOGO_RUNNER=.../boringssl/ssl/test/runner")
        sys.exit(0)
    if os.path.isdir(path):
        path = os.path.join(path, "runner.test")
    if not os.access(path, os.X_OK):
        sys.exit(f"BoGo: {path} is not a program; `go test -c` in boringssl/ssl/test/runner makes it")
    return os.path.abspath(path)


def build_shim(target):
    cargo = os.environ.get("CARGO", "cargo")
    subprocess.run([cargo, "build", "--features", "bogo", "--example", "bogo_shim"], cwd=ROOT, check=True)
    return os.path.join(target, "debug", "examples", "bogo_shim")


def run(runner, shim, log, *arguments, **variables):
    """Runs the suite; returns what each test came to."""
    command = [runner, "-shim-path", shim, "-pipe", "-allow-unimplemented", *arguments]
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, env=os.environ | variables, stdout=out, stderr=subprocess.STDOUT, check=False)
    with open(log, encoding="utf-8", errors="replace") as text:
        text = text.read()
    results = {name: word for word, name in re.findall(r"^(PASSED|FAILED|UNIMPLEMENTED) \((.*)\)$", text, re.M)}
    if not results:
        sys.exit(f"BoGo: no test was run (exit status {done.returncode}), see {log}")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", default="")
    options = parser.parse_args()
    runner = find_runner()
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    shim = build_shim(target)
    log, reasons = os.path.join(target, "bogo.log"), os.path.join(target, "bogo.reasons")
    if os.path.exists(reasons):
        os.remove(reasons)
    with open(CONFIG, encoding="utf-8") as file:
        disabled = json.load(file)["DisabledTests"]
    selected = ["-test", options.test] if options.test else []

    arguments = ["-shim-config", CONFIG, "-include-disabled"]
    arguments += ["-test", options.test] if options.test else []
    results = run(runner, shim, log, *arguments, BOGO_REASONS=reasons)

    counts, unused, failed, stale = collections.Counter(), set(disabled), [], []
    for name, word in sorted(results.items()):
        patterns = [pattern for pattern in disabled if fnmatch.fnmatchcase(name, pattern)]
        unused.difference_update(patterns)
        if word == "FAILED" and patterns:
            counts[disabled[patterns[0]]] += 1
        elif word == "FAILED":
            failed.append(name)
        elif word == "PASSED" and patterns:
            stale.append(name)
    unimplemented = collections.Counter()
    if os.path.exists(reasons):
        with open(reasons, encoding="utf-8") as file:
            unimplemented.update(line.strip() for line in file)
    words = collections.Counter(results.values())

    print(f"{len(results)} tests")
    print(f"{words['UNIMPLEMENTED']:6} need what this client does not have:")
    for reason, count in unimplemented.most_common():
        print(f"{count:12} {reason}")
    print(f"{counts.total():6} are disabled:")
    for reason, count in counts.most_common():
        print(f"{count:12} {reason}")
    for name in failed:
        print(f"FAILED: {name}")
    for name in stale:
        print(f"disabled, but passes: {name}")
    unused = [] if options.test else sorted(unused)
    for pattern in unused:
        print(f"disabled, but there is no such test: {pattern}")
    if failed:
        print(f"what happened: {log}")
    wrong = failed or stale or unused
    left_out = words["UNIMPLEMENTED"] + counts.total()
    print(f"{words['PASSED']} passed, {len(failed)} failed, {left_out} skipped")
    sys.exit(bool(wrong) or words["PASSED"] == 0)


main()
