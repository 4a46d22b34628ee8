"""Espruino's drivers for the modem, from a folder with the files or from a checkout of EspruinoDocs as it is."""

import os
import subprocess

MINIFY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "js", "minify.js")
FILES = {"AT": "AT.js", "ESP8266WiFi_0v25": "ESP8266WiFi_0v25.js"}


class Missing(Exception):
    """A driver is not there; the message is the one line to print."""


def find(folder, file):
    """FILE.min.js if there is one, else FILE.js; in the folder itself, or in devices/ or modules/ of EspruinoDocs."""
    for name in (file.replace(".js", ".min.js"), file):
        for place in ("", "devices", "modules"):
            path = os.path.join(folder, place, name)
            if os.path.exists(path):
                return path
    raise Missing(
        f"ESPRUINO_DRIVERS={folder}: there is no {file}, neither there nor in its devices/ or modules/; a checkout of EspruinoDocs will do"
    )


def as_sent(folder, file):
    """A driver as the Espruino IDE would send it: without comments and spaces."""
    path = find(folder, file)
    with open(path) as source:
        if path.endswith(".min.js"):
            return source.read()
        return subprocess.run(
            ["node", MINIFY, "--spaces"], stdin=source, capture_output=True, check=True
        ).stdout.decode()


def check(folder):
    for file in FILES.values():
        find(folder, file)
