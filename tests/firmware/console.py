"""Espruino's console over Bluetooth, as an IDE uses it."""

import json
import re

from chip import HZ

XON, XOFF = 17, 19


class Silence(Exception):
    """What was waited for has not been printed."""


class Console:
    def __init__(self, board):
        self.board, self.bluetooth = board, board.bluetooth
        self.seen = 0  # of what the board has sent

    def connect(self):
        self.bluetooth.connect()
        self.type("print('=UP'+'=')")
        self.wait("=UP=", 5)

    @property
    def text(self):
        """What has been printed and not been waited for yet."""
        return bytes(b for b in self.bluetooth.received[self.seen :] if b not in (XON, XOFF)).decode("latin-1")

    @property
    def stopped(self):
        received = self.bluetooth.received
        return received.rfind(bytes([XOFF])) > received.rfind(bytes([XON]))

    def wait(self, pattern, seconds, step=0.02, unless=None):
        """Runs until that has been printed; returns it and what was before it. `unless` says when there is no hope any more."""
        end = self.board.now + seconds * HZ
        while True:
            text = self.text
            found = re.search(pattern, text, re.S)
            if found:
                self.seen = len(self.bluetooth.received)
                return text
            if unless and unless():
                return text
            if self.board.now >= end:
                raise Silence(f"{pattern!r} is not printed in {seconds} s; printed is {text[-400:]!r}")
            self.board.run(step * HZ)

    def type(self, text):
        """Without echo; stops while the board says XOFF."""
        data = ("\x10" + text + "\n").encode("latin-1")
        while data:
            if not self.stopped and len(self.bluetooth.incoming) < 4:
                self.bluetooth.type(data[:20])
                data = data[20:]
            else:
                self.board.run(HZ // 200)

    def ask(self, expression, seconds=5):
        """The value of an expression that JSON can have."""
        self.type(f"print('=A='+JSON.stringify({expression})+'=Z=')")
        return json.loads(re.search("=A=(.*)=Z=", self.wait("=A=.*=Z=", seconds), re.S)[1])

    def store(self, name, data, size=160):
        """Writes a file into Storage, piece by piece, as an IDE does."""
        for i in range(0, len(data), size):
            more = f",{len(data)}" if i == 0 else ""
            self.type(f"print('=S='+require('Storage').write({json.dumps(name)},{quoted(data[i:i + size])},{i}{more}))")
            answer = self.wait("=S=[a-z]+\r\n", 5)
            if "=S=true" not in answer:
                raise Silence(f"{name} can't be stored at {i}: {answer!r}")


def quoted(text):
    """A string in JavaScript, in ASCII."""
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\x{ord(c):02x}" for c in text) + '"'
