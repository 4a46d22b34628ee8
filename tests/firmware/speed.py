#!/usr/bin/env python3
"""How fast Espruino's interpreter is in these images, and how deep its stack gets: its own benchmark scripts in the model.

speed.py --benchmark FOLDER IMAGE.elf [more]   FOLDER is `benchmark` of an Espruino checkout. The first image counts as 100 %
    --only PATTERN                             scripts whose name matches
"""

import argparse
import glob
import os
import re

from device import Device

# They print or wait for what is not there, or take minutes in the model.
WITHOUT = {"donut.js"}


def measure(image, scripts):
    """Seconds of the chip, and the deepest stack, for each script."""
    results = {}
    for path in scripts:
        device = Device(image)
        device.boot()
        device.connect()
        with open(path, encoding="latin-1") as file:
            device.console.store("b", file.read())
        device.meter.begin()
        device.console.type("t=getTime();eval(require('Storage').read('b'));print('=T='+(getTime()-t)+'=')")
        answer = device.console.wait("=T=[^=]*=\r", 120)
        figures = device.meter.end()
        results[os.path.basename(path)] = float(re.search("=T=([^=]*)=", answer)[1]), figures["stack"]
        device.close()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="+")
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    scripts = [
        path
        for path in sorted(glob.glob(os.path.join(arguments.benchmark, "*.js")))
        if os.path.basename(path) not in WITHOUT and re.search(arguments.only, os.path.basename(path))
    ]
    results = []
    for image in arguments.image:
        print(f"==> {image}", flush=True)
        results.append(measure(image, scripts))
        for name, (seconds, stack) in results[-1].items():
            first = results[0][name]
            print(f"    {name:20} {seconds:8.3f} s {100 * seconds / first[0]:6.1f} %   stack {stack:5} ({stack - first[1]:+})", flush=True)
        total = sum(seconds / results[0][name][0] for name, (seconds, _) in results[-1].items()) / len(scripts)
        print(f"    {'on average':20} {'':10} {100 * total:6.1f} %", flush=True)


if __name__ == "__main__":
    main()
