#!/usr/bin/env python3
"""Chooses what a firmware goes without so that TLS fits, and writes it as make variables for https.make.

  room.py BOARD --need BYTES [--keep "JIT NFC"] [--leave-out "CENTRAL"] [--pages N] [--serial-buffer BYTES] [--blacklist FILE]
          --out DIRECTORY

Boards whose flash is known here are cut down as far as needed, least painful first; for others nothing is left out but
what --leave-out says. DIRECTORY gets https_room.make and, if functions are left out, https_blacklist.json.
"""
import argparse
import json
import os
import sys

PAGE = 4096
# Sizes differ a little between compilers and versions.
MARGIN = 800
# Where the firmware begins, behind the SoftDevice, and the end of what the linker lets it have.
S132, S140 = (0x1f000, 0x74000), (0x26000, 0xf7000)
# Features of boards with a display.
GRAPHICS = ["VECTOR_FONT", "GRAPHICS_EXTRAS", "VARIMAGE", "TERMINAL", "MENU"]
# What is known of a board: where its firmware lies; what its stock build takes, in bytes (Espruino 2v29+277, gcc 12.2), and how much
# HTTPS_SMALL saves where features are left out that would be smaller, too; features that it does not have. Where its firmware has to end, its own description says.
BOARDS = {
    "PIXLJS": (S132, 320220, 13450, []),
    "PIXLJS_WIZ": (S132, 320220 - 12116, 13900, ["JIT"]),
    # Reckoned from images with TLS.
    "MDBT42Q": (S132, 320615, 14000, ["TERMINAL", "MENU"]),
    "NRF52832DK": (S132, 303259, 13350, ["FILESYSTEM", "NEOPIXEL", "CRYPTO", "TERMINAL", "MENU", "STEPPER"]),
    "PUCKJS_NETWORK": (S132, 288581, 13450, ["JIT", "FILESYSTEM", "STEPPER", *GRAPHICS]),
    "HEXBADGE": (S132, 294189, 12600, ["JIT", "FILESYSTEM", "STEPPER", "CRYPTO", "TERMINAL", "MENU"]),
    "RUUVITAG": (S132, 299009, 13000, ["JIT", "FILESYSTEM", "STEPPER", "TERMINAL", "MENU"]),
    "RAK8211": (S132, 272021, 13450, ["JIT", "NFC", "FILESYSTEM", "NEOPIXEL", "CRYPTO", "STEPPER", *GRAPHICS]),
    "RAK8212": (S132, 272897, 12750, ["JIT", "NFC", "FILESYSTEM", "NEOPIXEL", "CRYPTO", "STEPPER", *GRAPHICS]),
}


def functions(*names):
    return [dict(zip(("class", "name"), name.split("."))) for name in names]


# For what Espruino's app_config.h decides. INCLUDE stays as it is written: what is added to it later names folders that are
# known later still.
CONFIG = """ifndef ETLS_INCLUDE
$(eval ETLS_INCLUDE = $(value INCLUDE))
INCLUDE = -I$(ETLS_PATCH)/include/config $(ETLS_INCLUDE)
endif"""

# Least painful first: name, bytes it frees on PIXLJS, what is gone, make variables, functions that JavaScript loses.
# ("__" is Espruino's name for the global object here.)
FEATURES = [
    ("JIT", 12116, 'compiling functions marked "jit"', ["USE_JIT:="], []),
    ("NFC", 5960, "the NFC tag", ["USE_NFC:="], []),
    ("FILESYSTEM", 12608, "SD cards", ["USE_FILESYSTEM:="], []),
    ("DEBUGGER", 2840, "the debugger", ["USE_DEBUGGER:=0"], []),
    ("TAB_COMPLETE", 768, "completion of names in the console", ["USE_TAB_COMPLETE:=0"], []),
    ("DUMP", 1800, "dump()", ["DEFINES+=-DESPR_NO_DUMP_STATE"], []),
    ("PRETOKENISE", 1120, 'tokens in functions marked "ram" (they run as others do)',
     ["DEFINES+=-DESPR_NO_PRETOKENISE"], []),
    ("PASSWORD", 324, "E.setPassword and E.lockConsole", ["DEFINES+=-DESPR_NO_PASSWORD"],
     functions("E.setPassword", "E.lockConsole")),
    ("UDP", 860, "dgram: UDP sockets", [], functions("dgram.*", "dgramSocket.*")),
    ("PIPE", 1150, "pipe() of sockets, files and serial ports", [],
     functions("fs.pipe", "E.pipe", "Serial.pipe", "Socket.pipe", "httpSRq.pipe", "httpCRs.pipe", "File.pipe",
               "StorageFile.pipe")),
    ("HID", 2808, "Bluetooth keyboard and mouse: the option `hid` of NRF.setServices, and NRF.sendHIDReport",
     [CONFIG, "DEFINES+=-DHTTPS_NO_HID"], functions("NRF.sendHIDReport")),
    ("VARIMAGE", 1128, "images in variables of other kinds than strings", ["DEFINES+=-DESPR_NO_VARIMAGE"], []),
    ("TRACE", 3032, "trace(), E.dumpVariables() and its kind, E.getPowerUsage()", [],
     functions("__.trace", "E.dumpLockedVars", "E.dumpFreeList", "E.dumpFragmentation", "E.dumpVariables", "E.dumpStr",
               "E.getPowerUsage")),
    ("STEPPER", 1992, "Stepper", ["DEFINES:=$(filter-out -DESPR_USE_STEPPER_TIMER=1,$(DEFINES))"], []),
    ("STATISTICS", 2344, "E.FFT, E.convolve, E.variance, E.sum, E.mapInPlace", [],
     functions("E.FFT", "E.convolve", "E.variance", "E.sum", "E.mapInPlace")),
    ("WAVEFORM", 1432, "Waveform", [], functions("Waveform.*")),
    ("NATIVE_CALL", 672, "E.asm, E.compiledC, E.nativeCall", [], functions("E.nativeCall", "E.asm", "E.compiledC")),
    ("DAYLIGHT_SAVING", 752, "E.setDST and Date.getIsDST (time zones stay)", ["DEFINES+=-DESPR_NO_DAYLIGHT_SAVING"],
     functions("Date.getIsDST", "E.setDST")),
    ("MENU", 1880, "the built-in graphical_menu (its module still works from Storage)",
     ["JSMODULESOURCES:=$(filter-out %/graphical_menu.min.js,$(JSMODULESOURCES))"], []),
    ("TERMINAL", 992, "the console on the LCD", ["USE_TERMINAL:="], []),
    ("NEOPIXEL", 960, "neopixel", ["USE_NEOPIXEL:="], []),
    ("CRYPTO", 1568, "the crypto library (SHA-1)", ["USE_CRYPTO:="], []),
    ("SOFTWARE_SERIAL", 1328, "serial ports on any pin", ["DEFINES+=-DESPR_NO_SOFTWARE_SERIAL"], []),
    ("VECTOR_FONT", 3880, "vector fonts", ["DEFINES+=-DNO_VECTOR_FONT"], []),
    ("GRAPHICS_EXTRAS", 4792, "Graphics.asImage, asBMP, asURL, blit, dump, filter, floodFill, drawImages, setTheme, "
     "blendColor, quadraticBezier, transformVertices; E.HSBtoRGB", [],
     functions(*("Graphics." + name for name in (
         "asBMP", "asURL", "asImage", "blit", "dump", "filter", "floodFill", "drawImages", "setTheme", "blendColor",
         "quadraticBezier", "transformVertices")), "E.HSBtoRGB")),
    ("HEATSHRINK", 416, "the heatshrink library for JavaScript", [], functions("heatshrink.*")),
    ("HTTP_SERVER", 1312, "http.createServer and net.createServer", [],
     functions("http.createServer", "httpSrv.*", "httpSRq.*", "httpSRs.*", "net.createServer", "Server.*")),
    ("ONEWIRE", 1616, "OneWire", [], functions("OneWire.*")),
    ("STORAGE_FILE", 1960, "Storage.open: files that grow line by line", [],
     functions("StorageFile.*", "Storage.open")),
    ("CENTRAL", 6728, "Bluetooth connections to other devices (connections from them stay)", [],
     functions("NRF.requestDevice", "NRF.connect", "NRF.findDevices", "NRF.filterDevices", "NRF.setScan",
               "BluetoothDevice.*", "BluetoothRemoteGATTServer.*", "BluetoothRemoteGATTService.*",
               "BluetoothRemoteGATTCharacteristic.*")),
]
# Never by itself: what is lost with these may not be noticed, or is what a Bluetooth device is for.
CHOICES = [
    ("HARDWARE_STATE", 1296, "save() no longer stores how pins, serial ports, SPI and I2C are set up",
     ["DEFINES+=-DNO_DUMP_HARDWARE_INITIALISATION"], []),
    ("BONDING", 19400, "Bluetooth bonding and pairing: NRF.setSecurity, passkeys, white lists",
     [CONFIG, "DEFINES+=-DHTTPS_NO_BONDING",
      "$(OBJDIR)/targets/nrf5x/bluetooth.o: CFLAGS+=-include $(ETLS_PATCH)/include/config/no_bonding.h"], []),
]

BOARD_FILE = """\
# Written by https.make: the board as Espruino describes it, with what is asked for.
import os
with open(os.path.join("boards", "{board}.py")) as file:
    exec(compile(file.read(), "boards/{board}.py", "exec"))
"""


def fail(text):
    sys.exit(f"https.make: {text}")


def chip_of(board):
    """The chip as Espruino's description of the board has it: read in Espruino's directory."""
    sys.path[:0], sys.dont_write_bytecode = ["boards", "scripts"], True
    path, names = os.path.join("boards", board + ".py"), {}
    if os.path.exists(path):
        with open(path) as file:
            exec(compile(file.read(), path, "exec"), names)
    return names.get("chip", {})


def end_of_flash(chip):
    """Where the firmware has to end: saved code is behind it, or in a chip of its own. None if that is not known."""
    saved = chip.get("saved_code", {}).get("address")
    if saved is None or saved < 0x10000000:
        return saved
    # Two pages of the file system, then the bootloader.
    return 118 * PAGE if chip.get("part") == "NRF52832" else None


def serial_buffer(size):
    """The line of the board's description that makes the buffer for input as large as that, at least."""
    if not size:
        return ""
    if not (256 <= size <= 8192 and size & (size - 1) == 0):
        fail(f"HTTPS_SERIAL_BUFFER is a power of two from 256 to 8192, or 0 for what Espruino has; not {size}")
    return f'info["io_buffer_size"] = max({size}, info.get("io_buffer_size", 0))\n'


def choose(room, keep):
    """The features to leave out for `room` bytes: from the least painful on, without those that are then not needed."""
    chosen, freed = [], 0
    for feature in FEATURES:
        if freed >= room:
            break
        if feature[0] not in keep:
            chosen.append(feature)
            freed += feature[1]
    for feature in reversed(chosen[:]):
        if freed - feature[1] >= room:
            chosen.remove(feature)
            freed -= feature[1]
    return chosen, freed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board")
    parser.add_argument("--need", type=int, required=True, help="bytes of flash that TLS takes")
    parser.add_argument("--keep", default="")
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--pages", type=int, help="4 KB pages for saved code, fewer than the board has")
    parser.add_argument("--serial-buffer", type=int, help="bytes for what has come and no JavaScript has seen yet")
    parser.add_argument("--small", action="store_true", help="Espruino's own code is compiled for size")
    parser.add_argument("--blacklist", help="the user's own list of functions to leave out")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()

    names = [feature[0] for feature in FEATURES + CHOICES]
    keep, leave_out = arguments.keep.replace(",", " ").split(), arguments.leave_out.replace(",", " ").split()
    for name in keep + leave_out:
        if name not in names:
            fail(f"there is no feature {name}: they are {' '.join(names)}")

    known, chip = BOARDS.get(arguments.board), chip_of(arguments.board)
    end, pages_freed, lines = end_of_flash(chip), 0, []
    saved = chip.get("saved_code", {})
    if arguments.pages is not None:
        if not end or end != saved.get("address"):
            fail(f"HTTPS_CODE_PAGES is for boards with saved code in the chip's own flash: {arguments.board} has not")
        # No more than the linker can use.
        storage_end = end + saved["pages"] * PAGE
        least = max(1, -(-(storage_end - (known[0][1] if known else storage_end - PAGE)) // PAGE))
        if not least <= arguments.pages <= saved["pages"]:
            fail(f"HTTPS_CODE_PAGES is {least} to {saved['pages']}, not {arguments.pages}")
        pages_freed = (saved["pages"] - arguments.pages) * PAGE
        end += pages_freed
    wanted = [feature for feature in FEATURES + CHOICES if feature[0] in leave_out]
    chosen, freed = wanted, sum(feature[1] for feature in wanted)
    if known and end:
        (start, _), stock, small, absent = known
        room = arguments.need + stock - (small if arguments.small else 0) + MARGIN - (end - start)
        more, more_freed = choose(room - freed, keep + leave_out + absent)
        chosen, freed = wanted + more, freed + more_freed
        if freed < room:
            fail(f"{room - freed} bytes of flash are missing even without {' '.join(f[0] for f in chosen)}. "
                 + ("HTTPS_KEEP less, " if keep else "")
                 + "HTTPS_FEATURES less, HTTPS_MODULE=0, HTTPS_PROFILE=pin, or HTTPS_CODE_PAGES=n to have n pages "
                 + f"for saved code instead of {saved.get('pages')} (4096 bytes each; what is saved there is lost)")
    lines.append("ETLS_LEFT_OUT:=" + " ".join(feature[0] for feature in chosen))
    if end:
        lines.append(f"ETLS_END:={end:#x}")

    print(f"https.make: TLS takes about {arguments.need} bytes of flash", file=sys.stderr)
    if chosen:
        print(f"https.make: left out, {freed} bytes; HTTPS_KEEP=\"NAME ...\" keeps what you need of it:",
              file=sys.stderr)
        for name, size, gone, _, _ in chosen:
            print(f"https.make:   {name:16} {size:6}  {gone}", file=sys.stderr)
    changes = serial_buffer(arguments.serial_buffer)
    if pages_freed:
        changes += f'chip["saved_code"]["address"] = {end:#x}\nchip["saved_code"]["pages"] = {arguments.pages}\n'
        print(f"https.make: {arguments.pages} of {saved['pages']} pages are left for saved code and Storage, from "
              f"{end:#x} on. WHAT IS SAVED ON THE DEVICE IS LOST when this is flashed: keep a copy", file=sys.stderr)
    if changes:
        # Espruino's scripts find this board file before their own, which it takes and changes.
        os.makedirs(os.path.join(arguments.out, "https_board"), exist_ok=True)
        with open(os.path.join(arguments.out, "https_board", arguments.board + ".py"), "w") as file:
            file.write(BOARD_FILE.format(board=arguments.board) + changes)
        lines.append(f"export PYTHONPATH:={os.path.join(arguments.out, 'https_board')}:$(PYTHONPATH)")

    gone = []
    for _, _, _, variables, lost in chosen:
        lines += variables
        gone += lost
    if gone:
        if arguments.blacklist:
            with open(arguments.blacklist) as file:
                gone += json.load(file)
        path = os.path.join(arguments.out, "https_blacklist.json")
        with open(path, "w") as file:
            json.dump(gone, file)
        lines.append(f"override BLACKLIST:={path}")
    with open(os.path.join(arguments.out, "https_room.make"), "w") as file:
        file.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
