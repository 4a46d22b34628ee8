"""The SoftDevice S132 3.1, whose code is not there: each of its calls (SVC) is answered here. What it does with Bluetooth is in
bluetooth.py. A call that is not known is reported and answered with NRF_ERROR_NOT_SUPPORTED.

Its own time is an estimate: CALL for a call, RADIO for each connection event. Its handlers run on the same stack as the
program's: up to STACK bytes (SoftDevice specification, "memory resources") come on top of what is measured here.
"""

import collections
import random

from chip import HZ, Fault
from flash import ERASE_PAGE, PAGE, WRITE_WORD

SUCCESS, NOT_FOUND, NOT_SUPPORTED, INVALID_STATE, BUSY = 0, 5, 6, 8, 17
SVC_PRIORITY, EVENTS, EVENTS_PRIORITY = 4 << 5, 22, 6 << 5  # SWI2 tells of events
FLASH_DONE = 2
CALL, STACK = 150, 1536
POOL, RANDOM_BYTE = 64, HZ * 120e-6


class SoftDevice:
    def __init__(self, chip):
        self.chip = chip
        chip.on_svc = self.call
        chip.cpu.svc_stops = 1
        self.random = random.Random(2)
        self.calls = collections.Counter()
        self.handlers = {}
        for numbers in (SYSTEM, SERVICES):
            self.handlers.update({number: getattr(self, name) for number, name in numbers.items()})
        self.reset("power on")

    def reset(self, why):
        self.on = False
        self.events = collections.deque()
        self.pool_at = self.chip.now - POOL * RANDOM_BYTE
        self.flash_busy = False

    def argument(self, i):
        return self.chip.cpu.r[i]

    def call(self, number):
        chip = self.chip
        self.calls[number] += 1
        if chip.lib.exceptions_priority(chip.pointer) <= SVC_PRIORITY:
            raise Fault(f"SVC {number:#x} where it is masked, {chip.place()}")
        handler = self.handlers.get(number)
        chip.cpu.now += CALL
        if handler is None:
            chip.unknown[f"call {number:#x} of the SoftDevice"] += 1
            chip.cpu.r[0] = NOT_SUPPORTED
            return
        result = handler()
        chip.cpu.r[0] = SUCCESS if result is None else result

    def tell(self, event):
        """An event of the system for sd_evt_get()."""
        self.events.append(event)
        self.interrupt()

    def interrupt(self):
        self.chip.cpu.pending |= 1 << EVENTS
        self.chip.cpu.attention = 1

    def put(self, address, value, size=4):
        self.chip.poke(address, int(value).to_bytes(size, "little"))

    def succeed(self):
        pass

    def enable(self):
        if self.on:
            return INVALID_STATE
        self.on = True
        chip = self.chip
        chip.power.low = chip.power.high = True
        chip.rtc0.start()
        chip.cpu.priority[16 + EVENTS] = EVENTS_PRIORITY

    def disable(self):
        self.on = False

    def is_enabled(self):
        self.put(self.argument(0), self.on, 1)

    def vectors(self):
        self.chip.cpu.vectors = self.argument(0)

    # PPI

    def ppi_get(self):
        self.put(self.argument(0), self.chip.ppi.read(0x500))

    def ppi_set(self):
        self.chip.ppi.write(0x504, self.argument(0))

    def ppi_clear(self):
        self.chip.ppi.write(0x508, self.argument(0))

    def ppi_assign(self):
        for i in (0, 1):
            self.chip.ppi.write(0x510 + 8 * self.argument(0) + 4 * i, self.argument(1 + i))

    # Flash: done a little later, while the processor stands still; then there is an event.

    def flash_erase(self):
        page = self.argument(0)
        return self.flash(ERASE_PAGE, lambda: self.chip.nvmc.erase(page * PAGE))

    def flash_write(self):
        to, source, count = (self.argument(i) for i in range(3))
        return self.flash(count * WRITE_WORD, lambda: self.chip.nvmc.program(to, self.chip.peek(source, 4 * count)))

    def flash(self, time, work):
        if self.flash_busy:
            return BUSY
        self.flash_busy = True

        def do():
            work()
            self.flash_busy = False
            self.tell(FLASH_DONE)

        start = max(self.chip.now + HZ // 5000, self.chip.bluetooth.free_for(time))
        self.chip.at(start, do)

    # Random numbers: a pool that fills while it is not used

    def pool(self):
        return min(POOL, int((self.chip.now - self.pool_at) / RANDOM_BYTE))

    def random_capacity(self):
        self.put(self.argument(0), POOL, 1)

    def random_available(self):
        self.put(self.argument(0), self.pool(), 1)

    def random_get(self):
        count, pool = self.argument(1) & 0xFF, self.pool()
        if count > pool:
            return 0x2007  # NRF_ERROR_SOC_RAND_NOT_ENOUGH_VALUES
        self.chip.poke(self.argument(0), self.random.randbytes(count))
        self.pool_at = self.chip.now - (pool - count) * RANDOM_BYTE

    # Power and clocks

    def reset_reason(self):
        self.put(self.argument(0), self.chip.power.reason)

    def reset_reason_clear(self):
        self.chip.power.reason &= ~self.argument(0)

    def retained_set(self):
        self.chip.power.registers[0x51C + 4 * self.argument(0)] |= self.argument(1)

    def retained_clear(self):
        self.chip.power.registers[0x51C + 4 * self.argument(0)] &= ~self.argument(1)

    def retained_get(self):
        self.put(self.argument(1), self.chip.power.registers[0x51C + 4 * self.argument(0)])

    def clock_running(self):
        self.put(self.argument(0), 1)

    def wait(self):
        self.chip.wait_for_event()

    def notification(self):
        self.chip.bluetooth.notify, self.chip.bluetooth.distance = self.argument(0), self.argument(1)

    def event(self):
        if not self.events:
            return NOT_FOUND
        self.put(self.argument(0), self.events.popleft())

    def temperature(self):
        self.put(self.argument(0), 25 * 4)

    def aes(self):
        self.aes_block(self.argument(0))

    def aes_blocks(self):
        for i in range(self.argument(0)):
            key, clear, cipher = self.chip.words(self.argument(1) + 12 * i, 3)
            self.chip.poke(cipher, encrypt(self.chip.peek(key, 16), self.chip.peek(clear, 16)))

    def aes_block(self, at):
        self.chip.poke(at + 32, encrypt(self.chip.peek(at, 16), self.chip.peek(at + 16, 16)))

    # Of Bluetooth

    def __getattr__(self, name):
        if name == "chip":
            raise AttributeError(name)
        return getattr(self.chip.bluetooth, name)


SYSTEM = {
    0x10: "enable",
    0x11: "disable",
    0x12: "is_enabled",
    0x13: "vectors",
    0x20: "ppi_get",
    0x21: "ppi_set",
    0x22: "ppi_clear",
    0x23: "ppi_assign",
    0x28: "flash_erase",
    0x29: "flash_write",
    0x2E: "random_capacity",
    0x2F: "random_available",
    0x30: "random_get",
    0x31: "succeed",
    0x33: "reset_reason",
    0x34: "reset_reason_clear",
    0x35: "succeed",
    0x36: "succeed",
    0x3A: "retained_set",
    0x3B: "retained_clear",
    0x3C: "retained_get",
    0x3D: "succeed",
    0x3E: "wait",
    0x3F: "succeed",
    0x40: "succeed",
    0x41: "clock_running",
    0x42: "notification",
    0x43: "aes",
    0x44: "aes_blocks",
    0x48: "event",
    0x49: "temperature",
}
SERVICES = {
    0x60: "enable_bluetooth",
    0x61: "bluetooth_event",
    0x62: "packets_free",
    0x63: "add_uuid",
    0x65: "encode_uuid",
    0x66: "version",
    0x67: "succeed",
    0x68: "succeed",
    0x6C: "address_set",
    0x6D: "address_get",
    0x6E: "succeed",
    0x6F: "succeed",
    0x70: "succeed",
    0x71: "privacy_get",
    0x72: "advertising_data",
    0x73: "advertise",
    0x74: "advertise_stop",
    0x75: "change_interval",
    0x76: "hang_up",
    0x77: "succeed",
    0x78: "succeed",
    0x79: "appearance_get",
    0x7A: "succeed",
    0x7B: "preferred_get",
    0x7C: "name_set",
    0x7D: "name_get",
    0x81: "agreed_set",
    0x85: "succeed",
    0x86: "succeed",
    0xA0: "add_service",
    0xA2: "add_characteristic",
    0xA4: "value_set",
    0xA5: "value_get",
    0xA6: "send",
    0xA7: "succeed",
    0xA8: "succeed",
    0xA9: "succeed",
    0xAA: "attributes_get",
    0xAB: "first_handle",
    0xAD: "succeed",
}


def encrypt(key, block):
    """AES-128 of one block, which the hardware has."""
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [SBOX[x] for x in word[1:] + word[:1]]
            word[0] ^= constant
            constant = twice(constant)
        words.append([x ^ y for x, y in zip(word, words[i - 4])])
    rounds = [sum(words[i : i + 4], []) for i in range(0, 44, 4)]
    state = [x ^ y for x, y in zip(block, rounds[0])]
    for n in range(1, 11):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if n < 10:
            columns = [state[i : i + 4] for i in range(0, 16, 4)]
            state = [
                twice(c[i]) ^ twice(c[(i + 1) % 4]) ^ c[(i + 1) % 4] ^ c[(i + 2) % 4] ^ c[(i + 3) % 4]
                for c in columns
                for i in range(4)
            ]
        state = [x ^ y for x, y in zip(state, rounds[n])]
    return bytes(state)


def twice(x):
    return (x << 1 ^ (0x11B if x & 0x80 else 0)) & 0xFF


def substitutions():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= twice(p)
        for shift in (1, 2, 4):
            q ^= q << shift
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        x = q
        for shift in range(1, 5):
            x ^= q << shift | q >> 8 - shift
        box[p] = (x & 0xFF) ^ 0x63
        if p == 1:
            return box


SBOX = substitutions()
