#!/usr/bin/env python3
"""Looks at a firmware that https.make has built: is every network call of the socket code ours, what is left?

  report.py PROGRAM --objects DIRECTORY [--prefix arm-none-eabi-] [--end ADDRESS]

Ends with status 1 if a connection asked for with TLS could go out as plain text, 2 if the firmware is too large.
"""
import argparse
import json
import os
import re
import subprocess
import sys

RENAMED = {"netCreateSocket": "espruinoTlsCreateSocket", "netCloseSocket": "espruinoTlsCloseSocket",
           "netRecv": "espruinoTlsRecv", "netSend": "espruinoTlsSend",
           "jsiQueueObjectCallbacks": "espruinoTlsQueueCallbacks"}
PLAIN = [name for name in RENAMED if name.startswith("net")]
# Who may call the plain functions: the glue, their own definition, and Espruino's telnet server, which has no TLS.
ALLOWED_OBJECTS = ("jswrap_espruino_tls.o", "network.o", "jswrap_telnet.o")
ALLOWED_CALLERS = re.compile(r"^(espruinoTls|tls[A-Z]|telnet|jswrap_telnet)")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout


def calls_in_objects(nm, directory):
    """What the compiler was told, before link-time optimisation moves code about."""
    wrong = []
    for folder, _, files in os.walk(directory):
        for name in files:
            if not name.endswith(".o"):
                continue
            undefined = set(re.findall(r"\bU (\w+)", run(nm, os.path.join(folder, name))))
            if name == "socketserver.o":
                wrong += [f"socketserver.o does not call {ours}" for ours in RENAMED.values() if ours not in undefined]
                wrong += [f"socketserver.o calls {plain}" for plain in RENAMED if plain in undefined]
            elif name not in ALLOWED_OBJECTS:
                wrong += [f"{name} calls {plain}" for plain in PLAIN if plain in undefined]
    return wrong


def calls_in_program(objdump, program):
    """What has become of it: callers of the plain functions, by disassembly."""
    wrong, ours, caller = [], 0, ""
    for line in run(objdump, "-d", program).splitlines():
        start = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        if start:
            caller = start.group(1)
            continue
        call = re.search(r"<(net(?:CreateSocket|CloseSocket|Recv|Send)|espruinoTls\w+)(?:\.[\w.]+)?>$", line)
        if not call:
            continue
        if call.group(1).startswith("net"):
            if not ALLOWED_CALLERS.match(caller) and caller.split(".")[0] != call.group(1):
                wrong.append(f"{caller} calls {call.group(1)}")
        elif caller.split(".")[0] != call.group(1):
            ours += 1
    return wrong, ours


def image(headers):
    """Where in flash the program begins and ends: all that is loaded, whichever sections it is in."""
    loaded = []
    for line in headers.splitlines():
        fields = line.split()
        if len(fields) > 5 and fields[0] == "LOAD" and int(fields[4], 16):
            loaded.append((int(fields[3], 16), int(fields[3], 16) + int(fields[4], 16)))
    if not loaded:
        sys.exit("https.make: the program has nothing that is loaded, so its size can't be checked")
    return min(start for start, _ in loaded), max(end for _, end in loaded)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--objects", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--end", type=lambda text: int(text, 0), help="where the flash ends that the firmware may have")
    parser.add_argument("--board", default="")
    parser.add_argument("--said", default="", help="the make variables that were given")
    parser.add_argument("--left-out", default="", help="features")
    parser.add_argument("--json", help="a file for all this, from which images.py makes the tables of README.md")
    arguments = parser.parse_args()

    gcc_nm = arguments.prefix + ("gcc-nm" if arguments.prefix else "nm")
    wrong = calls_in_objects(gcc_nm, arguments.objects)
    wrong_calls, ours = calls_in_program(arguments.prefix + "objdump", arguments.program)
    wrong += wrong_calls
    for line in wrong:
        print(f"https.make: NOT SAFE: {line}", file=sys.stderr)
    if not wrong:
        print(f"https.make: {ours} calls to the network are ours, none of the socket code's goes past us",
              file=sys.stderr)

    symbols = {}
    for line in run(arguments.prefix + "nm", arguments.program).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[2] in ("__StackTop", "__bss_end__"):
            symbols[fields[2]] = int(fields[0], 16)
    left, facts = 0, {"board": arguments.board, "said": arguments.said, "left_out": arguments.left_out.split()}
    if arguments.prefix:
        start, end = image(run(arguments.prefix + "readelf", "-lW", arguments.program))
        facts["image"], limit = end - start, ""
        if arguments.end:
            left = arguments.end - end
            facts["limit"] = arguments.end - start
            limit = f" of {arguments.end - start}, " + (f"{left} free" if left >= 0 else
                                                        f"{-left} TOO MANY: HTTPS_LEAVE_OUT=\"NAME ...\" leaves out more")
        print(f"https.make: image {end - start} bytes{limit}", file=sys.stderr)
    if len(symbols) == 2:
        facts["stack"] = symbols["__StackTop"] - symbols["__bss_end__"]
        print(f"https.make: {symbols['__StackTop'] - symbols['__bss_end__']} bytes of RAM are left for the stack",
              file=sys.stderr)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(facts, file)
    sys.exit(1 if wrong else 2 if left < 0 else 0)


if __name__ == "__main__":
    main()
