#!/usr/bin/env python3
"""Packs an image for a firmware update over Bluetooth (Nordic's secure DFU): the signed .zip that an app on a phone sends.

  dfu.py pkg generate OUT.zip --application FILE.hex --application-version N --hw-version N --sd-req N,N --key-file FILE
  dfu.py check FILE.zip --key-file FILE

The first is how Espruino's make calls scripts/nrfutil, so a link by that name to this file does for a .zip what Nordic's program
does. The second takes a package apart, by whichever program it was made: is it whole, and signed by this key? Needs Python 3
and the program openssl.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile

# Nordic's dfu-cc.proto: field numbers of what is used here.
SIGNED_COMMAND, COMMAND, SIGNATURE_TYPE, SIGNATURE = 2, 1, 2, 3
OP_CODE, INIT = 1, 2
FIRMWARE, HARDWARE, SOFTDEVICES, TYPE, SOFTDEVICE_SIZE, BOOTLOADER_SIZE, SIZE, HASH, DEBUG, VALIDATION = range(1, 11)
INIT_COMMAND, APPLICATION, SHA256, P256, BY_CRC = 1, 0, 3, 0, 1


class Wrong(Exception):
    """What is wrong with a file, for people."""


def image_of(path):
    """The bytes of an Intel HEX file from its first address to its last, and that first address."""
    memory, base = {}, 0
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            if not line.startswith(":"):
                continue
            record = bytes.fromhex(line[1:].strip())
            if len(record) < 5 or len(record) != record[0] + 5 or sum(record) & 0xff:
                raise Wrong(f"{path}: line {number} is damaged")
            address, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
            if kind == 0:
                memory[base + address] = data
            elif kind == 2:
                base = int.from_bytes(data, "big") << 4
            elif kind == 4:
                base = int.from_bytes(data, "big") << 16
    if not memory:
        raise Wrong(f"{path}: no data in it")
    start = min(memory)
    image = bytearray(b"\xff" * (max(at + len(data) for at, data in memory.items()) - start))
    for at, data in memory.items():
        image[at - start:at - start + len(data)] = data
    return start, bytes(image)


# Protocol buffers: as much as these messages need.

def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data):
    value = shift = 0
    while True:
        if not data or shift > 63:
            raise Wrong("the init packet ends within a number")
        value |= (data[0] & 0x7f) << shift
        more, data, shift = data[0] & 0x80, data[1:], shift + 7
        if not more:
            return value, data


def read_fields(data):
    fields = {}
    while data:
        key, data = read_varint(data)
        value, data = read_varint(data)
        if key & 7 == 2:
            if value > len(data):
                raise Wrong("the init packet ends within a field")
            value, data = data[:value], data[value:]
        elif key & 7 != 0:
            raise Wrong(f"the init packet has a field of the unknown kind {key & 7}")
        fields[key >> 3] = value
    return fields


# Signatures: DER for openssl, and for the bootloader two numbers of 32 bytes, least significant byte first.

def openssl(*arguments, data=b""):
    return subprocess.run(("openssl",) + arguments, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def sign(key, data):
    done = openssl("dgst", "-sha256", "-sign", key, data=data)
    if done.returncode:
        raise Wrong(f"openssl can't sign with {key}: {done.stderr.decode().strip()}")
    numbers, at = [], 2
    for _ in range(2):
        length = done.stdout[at + 1]
        numbers.append(int.from_bytes(done.stdout[at + 2:at + 2 + length], "big").to_bytes(32, "little"))
        at += 2 + length
    return b"".join(numbers)


def is_signed(key, data, signature):
    """Whether the key's public half verifies it."""
    der = b""
    for half in signature[:32], signature[32:]:
        number = int.from_bytes(half, "little")
        number = number.to_bytes(number.bit_length() // 8 + 1, "big")
        der += bytes([2, len(number)]) + number
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "signature")
        with open(path, "wb") as file:
            file.write(bytes([0x30, len(der)]) + der)
        done = openssl("dgst", "-sha256", "-prverify", key, "-signature", path, data=data)
    if done.returncode and b"verification failure" not in done.stdout.lower():
        raise Wrong(f"openssl can't verify with {key}: {done.stderr.decode().strip() or done.returncode}")
    return done.returncode == 0


def number(text):
    return int(text, 0)


def numbers(text):
    return [number(part) for part in text.split(",")]


def generate(options):
    _, image = image_of(options.application)
    init = b"".join((
        field(FIRMWARE, options.application_version), field(HARDWARE, options.hw_version),
        field(SOFTDEVICES, b"".join(varint(number) for number in options.sd_req)), field(TYPE, APPLICATION),
        field(SOFTDEVICE_SIZE, 0), field(BOOTLOADER_SIZE, 0), field(SIZE, len(image)),
        field(HASH, field(1, SHA256) + field(2, hashlib.sha256(image).digest()[::-1])), field(DEBUG, 0),
        field(VALIDATION, field(1, BY_CRC) + field(2, b""))))
    command = field(OP_CODE, INIT_COMMAND) + field(INIT, init)
    packet = field(SIGNED_COMMAND, field(COMMAND, command) + field(SIGNATURE_TYPE, P256) +
                   field(SIGNATURE, sign(options.key_file, command)))
    name = os.path.splitext(os.path.basename(options.application))[0]
    manifest = {"manifest": {"application": {"bin_file": name + ".bin", "dat_file": name + ".dat"}}}
    with zipfile.ZipFile(options.out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name + ".bin", image)
        package.writestr(name + ".dat", packet)
        package.writestr("manifest.json", json.dumps(manifest, indent=4))


def check(options):
    """Prints what is in a package; Wrong if it is damaged or not signed by this key."""
    try:
        with zipfile.ZipFile(options.out) as package:
            manifest = json.loads(package.read("manifest.json"))["manifest"]
            if list(manifest) != ["application"]:
                raise Wrong(f"it has {', '.join(manifest)}; an Espruino firmware is an application alone")
            image, packet = (package.read(manifest["application"][kind]) for kind in ("bin_file", "dat_file"))
    except (KeyError, ValueError, zipfile.BadZipFile) as wrong:
        raise Wrong(f"it is no such package: {wrong}") from None
    signed = read_fields(read_fields(packet).get(SIGNED_COMMAND, b""))
    command = read_fields(signed.get(COMMAND, b""))
    init = read_fields(command.get(INIT, b""))
    digest = read_fields(init.get(HASH, b""))
    if command.get(OP_CODE) != INIT_COMMAND or init.get(TYPE) != APPLICATION:
        raise Wrong("the init packet is not signed, or not for an application")
    if init.get(SIZE) != len(image) or digest.get(1) != SHA256 or digest.get(2, b"")[::-1] != hashlib.sha256(image).digest():
        raise Wrong("the image is not the one that the init packet describes")
    if signed.get(SIGNATURE_TYPE) != P256 or not is_signed(options.key_file, signed[COMMAND], signed.get(SIGNATURE, b"")):
        raise Wrong(f"the signature is not by {options.key_file}")
    softdevices, rest = [], init.get(SOFTDEVICES, b"")
    while rest:
        number, rest = read_varint(rest)
        softdevices.append(f"0x{number:02X}")
    print(f"an application of {len(image)} bytes, SHA-256 {hashlib.sha256(image).hexdigest()}\n"
          f"version {init[FIRMWARE]}, for hardware {init[HARDWARE]} with SoftDevice {' or '.join(softdevices)}\n"
          f"signed by {os.path.basename(options.key_file)} (ECDSA P-256)")


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["nrf5sdk-tools"]:  # how Nordic's newer program wants to be called
        arguments = arguments[1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    if arguments[:2] == ["pkg", "generate"]:
        arguments, do = arguments[2:], generate
        parser.add_argument("--application", required=True)
        parser.add_argument("--application-version", type=number, required=True)
        parser.add_argument("--hw-version", type=number, required=True)
        parser.add_argument("--sd-req", type=numbers, required=True)
    elif arguments[:1] == ["check"]:
        arguments, do = arguments[1:], check
    elif arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    else:
        print(f"dfu.py: it has `pkg generate` and `check`, not `{' '.join(arguments[:2])}`. A whole .hex with the bootloader's "
              "settings is made by Nordic's nrfutil", file=sys.stderr)
        return 2
    parser.add_argument("out", metavar="FILE.zip")
    parser.add_argument("--key-file", required=True)
    options = parser.parse_args(arguments)
    try:
        do(options)
    except (Wrong, OSError, ValueError) as wrong:
        print(f"dfu.py: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
