"""The ESP8266 of tests/espruino/modem.py at the chip's UART: the same answers, but in the chip's time and at a baud rate.

Servers are real, and so is TCP. A server's answer costs little of the chip's time but LATENCY: while one is awaited, the chip's
clock nearly stands still, so that the figures do not depend on how busy this computer is.
"""

import collections
import os
import re
import select
import socket
import sys
import time

from chip import HZ

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "espruino"))
import modem as esp8266  # noqa: E402

LATENCY = 0.005  # of the network and the module, each way
# Real seconds: how long a server that owes an answer is waited for in all, and how long between two steps of the chip's clock
# of LATENCY; and how long one is listened to that owes nothing.
AWAITED, STEP, IDLE = 5.0, 0.03, 0.002
SEGMENT = 1460


class Modem(esp8266.Modem):
    """Faults as there, and `drop_in(phase, n)`: the link is lost after n more bytes to ("sent") or from ("received") the server."""

    def __init__(self, chip, receive_pin, transmit_pin, baud=115200, split=None, slow=0.0, busy=False):
        # The other class's threads and its pseudo-terminal are not for here.
        self.chip, self.pins, self.baud = chip, (receive_pin, transmit_pin), baud
        self.split, self.slow, self.busy, self.drop_after = split, slow, busy, None
        self.random = esp8266.random.Random(1)
        self.transcript, self.echo, self.links = [], True, {}
        self.received = self.sent = self.said = 0
        self.out = collections.deque()  # pieces: (cycles to wait before, bytes)
        self.line, self.sending = bytearray(), None
        self.pumping = self.looking = None
        self.owed = {}  # links that were sent something and have said nothing since: until when to wait
        self.drops = []
        chip.uart.on_byte = self.hear

    def close(self):
        self.chip.cancel(self.looking)
        self.chip.cancel(self.pumping)
        self.chip.uart.on_byte = None
        for link in self.links.values():
            link.close()
        self.links = {}

    def drop_in(self, phase, n):
        self.drops.append([phase, n])

    # To the chip, a byte at a time

    def say(self, data, cuts=None, wait=0.0):
        wait *= HZ
        if self.split == "anywhere":
            while data:
                n = self.random.randint(1, 60)
                self.out.append((wait, data[:n]))
                data, wait = data[n:], self.random.choice((0.0005, 0.003, 0.03)) * HZ
        else:
            self.out.append((wait, data))
        if not self.pumping:
            self.next_piece()

    def next_piece(self):
        self.pumping = None
        if self.out:
            wait, data = self.out.popleft()
            self.pumping = self.chip.at(self.chip.now + wait, self.pump, data, 0, self.chip.now + wait)

    def pump(self, data, i, start):
        """One byte has gone over the line."""
        if i:
            self.said += 1
            self.chip.uart.receive(data[i - 1], self.baud, self.pins[0])
        if i == len(data):
            self.next_piece()
            if not self.pumping and self.links and not self.looking:
                self.look_soon(0)
        else:
            self.pumping = self.chip.at(start + (i + 1) * 10 * HZ / self.baud, self.pump, data, i + 1, start)

    def answer(self, *lines):
        for line in lines:
            self.note("<", line)
        self.say("".join(f"{line}\r\n" for line in lines).encode(), wait=self.slow + 0.0005)

    # From the chip

    def hear(self, byte, baud, pin):
        if pin != self.pins[1] or abs(baud - self.baud) > 0.04 * self.baud:
            return  # the console, or another speed
        if self.sending:
            number, length, data = self.sending
            data.append(byte)
            if len(data) == length:
                self.sending = None
                self.deliver(number, bytes(data))
            return
        self.line.append(byte)
        if not self.line.endswith(b"\r\n"):
            return
        line, self.line = bytes(self.line[:-2]), bytearray()
        if self.echo and line:
            self.say(line + b"\r\r\n")
        sending = re.match(rb"AT\+CIPSEND=(\d),(\d+)$", line)
        if sending:
            self.note(">", line.decode())
            if int(sending[1]) not in self.links:
                self.answer("link is not valid", "", "ERROR")
                return
            self.sending = int(sending[1]), int(sending[2]), bytearray()
            self.answer("", "OK")
            self.say(b"> ")
        elif line:
            self.command(line.decode("latin-1"))

    def deliver(self, number, data):
        self.note(">", f"({len(data)} bytes)")
        if self.busy:
            self.answer("busy s...")
        self.answer("", f"Recv {len(data)} bytes")
        link = self.links.get(number)
        data, lost = self.cut("sent", data)
        try:
            if link is None:
                raise OSError
            link.settimeout(AWAITED)
            link.sendall(data)
            self.sent += len(data)
            self.owed[number] = time.monotonic() + AWAITED
            self.answer("", "SEND OK")
        except OSError:
            self.answer("", "SEND FAIL")
        if lost:
            self.ended(number, link)
        self.look_soon(LATENCY)

    def cut(self, phase, data):
        """What of the data gets through before the link is lost, and whether it is."""
        for drop in self.drops:
            if drop[0] == phase:
                drop[1] -= len(data)
                if drop[1] <= 0:
                    self.drops.remove(drop)
                    return data[: len(data) + drop[1]], True
        return data, False

    # The network

    def open(self, number, host, port):
        try:
            link = socket.create_connection((host, port), timeout=AWAITED)
        except OSError:
            self.answer("DNS Fail" if not host[0].isdigit() else f"{number},CLOSED", "", "ERROR")
            return
        self.links[number] = link
        self.answer(f"{number},CONNECT", "", "OK")
        self.look_soon(0.02)

    def look_soon(self, seconds):
        self.chip.cancel(self.looking)
        self.looking = self.chip.at(self.chip.now + seconds * HZ, self.look)

    def look(self):
        """Whether a server has said something. One that owes an answer is waited for, in this computer's time."""
        self.looking = None
        if not self.links:
            return
        if self.pumping:
            return  # one packet after the other: the end of the line looks again
        owed = any(number in self.links and until > time.monotonic() for number, until in self.owed.items())
        ready = select.select(list(self.links.values()), [], [], STEP if owed else IDLE)[0]
        if not ready:
            self.look_soon(LATENCY if owed else 0.02)
            return
        for number, link in list(self.links.items()):
            if link in ready:
                self.owed.pop(number, None)
                self.take(number, link)
        if not self.pumping:
            self.look_soon(LATENCY)

    def take(self, number, link):
        try:
            peer = link.getpeername()
            data = link.recv(SEGMENT)
        except OSError:
            peer, data = ("", 0), b""
        ends = not data
        data, lost = self.cut("received", data)
        if data:
            self.received += len(data)
            self.note("<", f"+IPD,{number},{len(data)},{peer[0]},{peer[1]}:(data)")
            header = f"\r\n+IPD,{number},{len(data)},{peer[0]},{peer[1]}:".encode()
            self.say(header + data, wait=self.slow)
        if lost or ends:
            self.ended(number, link)

    def ended(self, number, link):
        if link is not None:
            link.close()
        if self.links.pop(number, None) is not None:
            self.answer(f"{number},CLOSED")
