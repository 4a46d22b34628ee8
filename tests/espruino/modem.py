"""An ESP8266 with AT firmware, seen from its serial port: what the ESP8266WiFi driver of Espruino talks to.

The serial port is a pseudo-terminal, TCP is real. Faults can be had: `split` cuts what the modem says, "anywhere" (into
pieces of 1 to 60 bytes) or "header" (each +IPD once, at every place in turn), and each piece arrives alone; `slow` waits
before every answer; `busy` says "busy s..." while it sends; `drop_after` loses the link after so many bytes from the server.
"""
import fcntl
import os
import pty
import random
import re
import select
import socket
import struct
import termios
import threading
import time
import tty


class Modem:
    def __init__(self, split=None, slow=0.0, busy=False, drop_after=None):
        self.split, self.slow, self.busy, self.drop_after = split, slow, busy, drop_after
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.transcript = []
        self.echo = True
        self.links = {}
        self.received = self.packets = 0
        self.random = random.Random(1)
        self.serial = threading.Lock()
        self.order = threading.Lock()
        self.stopped = False
        threading.Thread(target=self.run, daemon=True).start()

    def close(self):
        self.stopped = True
        for link in list(self.links.values()):
            link.close()

    # What comes out of the serial port.

    def say(self, data, cuts=None):
        """Writes all of it, as slowly as the port takes it, in pieces that end at `cuts`."""
        with self.serial:
            if self.split == "anywhere":
                cuts = []
                while sum(cuts) < len(data):
                    cuts.append(self.random.randint(1, 60))
                cuts = [sum(cuts[:n + 1]) for n in range(len(cuts))]
            start = 0
            for end in (cuts or []) + [len(data)]:
                piece = data[start:end]
                start = min(end, len(data))
                while piece and not self.stopped:
                    if select.select([], [self.master], [], 0.1)[1]:
                        piece = piece[os.write(self.master, piece):]
                while cuts and self.unread() and not self.stopped:
                    time.sleep(0.001)
                if cuts:
                    time.sleep(0.003)  # from the interpreter's input thread to its main loop

    def unread(self):
        """How much the interpreter has not taken yet."""
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0\0\0\0"))[0]

    def answer(self, *lines):
        time.sleep(self.slow)
        for line in lines:
            self.note("<", line)
        self.say("".join(f"{line}\r\n" for line in lines).encode())

    def note(self, direction, text):
        self.transcript.append(f"{direction} {text}")

    # What goes into it.

    def run(self):
        pending = b""
        while not self.stopped:
            if not select.select([self.master], [], [], 0.1)[0]:
                continue
            pending += os.read(self.master, 4096)
            while b"\r\n" in pending:
                line, pending = pending.split(b"\r\n", 1)
                if self.echo and line:
                    self.say(line + b"\r\r\n")
                sending = re.match(rb"AT\+CIPSEND=(\d),(\d+)$", line)
                if sending:
                    self.note(">", line.decode())
                    pending = self.send(int(sending[1]), int(sending[2]), pending)
                elif line:
                    self.command(line.decode("latin-1"))

    def command(self, line):
        self.note(">", line)
        start = re.match(r'AT\+CIPSTART=(\d),"([A-Z]+)","([^"]*)",(\d+)$', line)
        if line == "AT+RST":
            self.echo = True
            self.answer("", "OK")
            self.say(b" ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\x80\xfe\x12garbage\r\n")
            self.answer("ready")
        elif line == "ATE0":
            self.echo = False
            self.answer("", "OK")
        elif line.startswith("AT+CWJAP="):
            self.answer("WIFI CONNECTED", "WIFI GOT IP", "", "OK")
        elif line.startswith(("AT+CIPMUX=1", "AT+CIPDINFO=1", "AT+CIPSSLSIZE=", "AT+CWMODE=")):
            self.answer("", "OK")
        elif start and start[2] == "TCP":
            self.open(int(start[1]), start[3], int(start[4]))
        elif line.startswith("AT+CIPCLOSE="):
            link = self.links.pop(int(line[12:]), None)
            if link is None:
                self.answer("UNLINK", "", "ERROR")
            else:
                link.close()
                self.answer(f"{line[12:]},CLOSED", "", "OK")
        else:
            self.answer("", "ERROR")

    def open(self, number, host, port):
        try:
            link = socket.create_connection((host, port), timeout=10)
        except OSError:
            self.answer("DNS Fail" if not host[0].isdigit() else f"{number},CLOSED", "", "ERROR")
            return
        link.settimeout(None)  # silence is no end
        self.links[number] = link
        self.answer(f"{number},CONNECT", "", "OK")
        threading.Thread(target=self.bridge, args=(number, link), daemon=True).start()

    def send(self, number, length, pending):
        link = self.links.get(number)
        if link is None:
            self.answer("link is not valid", "", "ERROR")
            return pending
        self.answer("", "OK")
        self.say(b"> ")
        while len(pending) < length and not self.stopped:
            if select.select([self.master], [], [], 0.1)[0]:
                pending += os.read(self.master, 4096)
        self.note(">", f"({length} bytes)")
        if self.busy:
            self.answer("busy s...")
        self.answer("", f"Recv {length} bytes")
        with self.order:  # a link that is said to be closed has no SEND OK after that
            try:
                if self.links.get(number) is not link:
                    raise OSError
                link.sendall(pending[:length])
                self.answer("", "SEND OK")
            except OSError:
                self.answer("", "SEND FAIL")
        return pending[length:]

    def bridge(self, number, link):
        """From the network to the serial port, in +IPD packets as large as TCP's segments."""
        host, port = link.getpeername()  # now: the other thread may close it at any time
        while True:
            try:
                data = link.recv(1460)
            except OSError:
                data = b""
            if self.links.get(number) is not link:
                return  # closed from this side
            lost = False
            if self.drop_after is not None and self.received + len(data) >= self.drop_after:
                data, lost = data[:self.drop_after - self.received], True
            self.received += len(data)
            if data:
                time.sleep(self.slow)
                self.note("<", f"+IPD,{number},{len(data)},{host},{port}:(data)")
                header = f"\r\n+IPD,{number},{len(data)},{host},{port}:".encode()
                self.say(header + data, [self.packets % len(header) + 1] if self.split == "header" else None)
                self.packets += 1
            if lost or not data:
                with self.order:
                    if self.links.pop(number, None) is link:
                        link.close()
                        self.answer(f"{number},CLOSED")
                return
