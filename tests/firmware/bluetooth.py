"""Bluetooth as the SoftDevice offers it, and a central at the other end: advertising, one connection, Nordic's UART service."""

import collections
import struct

from chip import HZ
from softdevice import INVALID_STATE, NOT_FOUND

TX_COMPLETE, CONNECTED, DISCONNECTED, PARAMETERS, AGREE, WRITE = 0x01, 0x10, 0x11, 0x12, 0x18, 0x50
PEER_KEY = 0x20001000  # in the SoftDevice's memory
NO_PACKETS, DATA_SIZE = 0x3004, 12
RADIO = HZ * 60e-6  # what the SoftDevice does at each connection event, at the highest priority
NOTIFICATION = 21  # SWI1 tells of the radio
DISTANCES = (0, 800, 1740, 2680, 3620, 4560, 5500)  # microseconds
PACKETS, PER_EVENT, PAYLOAD = 7, 6, 20
HANDLE = 1


class Bluetooth:
    def __init__(self, chip):
        self.chip = chip
        self.received = bytearray()  # what the central has got
        self.reset("power on")

    def reset(self, why):
        self.notify = self.distance = 0
        self.events = collections.deque()
        self.advertising = self.connected = False
        self.name, self.advertised = b"", b""
        self.address = b"\x01\xdd\xcc\xbb\xaa\x22\xd1"
        self.handles, self.uuids = 0x0E, 1
        self.characteristics = []  # (properties, value's handle, CCCD's handle or 0)
        self.values = {}
        self.outgoing, self.incoming = collections.deque(), collections.deque()
        self.interval, self.wanted = 12, None  # in 1.25 ms
        self.next_event = None
        self.agreed = None

    # The central

    def connect(self):
        """A central connects; it turns on notifications. Nothing happens if nobody advertises."""
        if not self.advertising:
            raise ValueError("the board does not advertise")
        self.advertising, self.connected = False, True
        self.outgoing.clear()
        self.incoming.clear()
        self.tell(CONNECTED, struct.pack("<Hxx", HANDLE) + b"\x02\x11\x22\x33\x44\x55\xc6\x01" + self.parameters())
        self.next_event = self.chip.at(self.chip.now + self.interval_cycles, self.connection_event)
        for properties, _, configuration in self.characteristics:
            if configuration and properties & 0x10:
                self.incoming.append((configuration, b"\x01\x00"))

    def disconnect(self, reason=0x13):
        if self.connected:
            self.connected = False
            self.chip.cancel(self.next_event)
            self.outgoing.clear()
            self.tell(DISCONNECTED, struct.pack("<HB", HANDLE, reason))

    def pair(self, public):
        """The central's public key for LE Secure Connections, x and y, lowest byte first. What the board says that both know then is
        in `agreed`."""
        self.agreed = None
        self.chip.poke(PEER_KEY, public)
        self.tell(AGREE, struct.pack("<HxxIBxxx", HANDLE, PEER_KEY, 0))

    def type(self, data):
        """Puts bytes on their way to the Nordic UART's receiving characteristic."""
        handle = [value for properties, value, _ in self.characteristics if properties & 0x0C][-1]
        for i in range(0, len(data), PAYLOAD):
            self.incoming.append((handle, data[i : i + PAYLOAD]))

    @property
    def interval_cycles(self):
        return self.interval * HZ // 800

    def parameters(self):
        return struct.pack("<4H", self.interval, self.interval, 0, 400)

    def connection_event(self):
        """The radio's turn. Both sides send up to so many packets; the program is told before and after, if it asked for that."""
        chip = self.chip
        self.next_event = chip.at(chip.now + self.interval_cycles, self.connection_event)
        chip.halt(RADIO)
        for _ in range(min(PER_EVENT, len(self.incoming))):
            handle, data = self.incoming.popleft()
            self.tell(WRITE, struct.pack("<HHHBxBBHH", HANDLE, handle, 1, 2, 1, 0, 0, len(data)) + data)
        sent = min(PER_EVENT, len(self.outgoing))
        for _ in range(sent):
            self.received += self.outgoing.popleft()
        if sent:
            self.tell(TX_COMPLETE, struct.pack("<HxxB", HANDLE, sent))
        if self.wanted and self.wanted != self.interval:
            self.interval, self.wanted = self.wanted, None
            self.tell(PARAMETERS, struct.pack("<Hxx", HANDLE) + self.parameters())
        if self.notify & 2:
            chip.at(chip.now + HZ * 1.5e-3, self.notice)
        if self.notify & 1:
            chip.at(chip.now + self.interval_cycles - HZ * DISTANCES[self.distance] * 1e-6, self.notice)

    def notice(self):
        self.chip.cpu.pending |= 1 << NOTIFICATION
        self.chip.cpu.attention = 1

    def free_for(self, cycles):
        """When the radio leaves so much time: for what takes longer, connection events are left out."""
        if not self.connected or not self.next_event:
            return self.chip.now
        if self.chip.now + cycles < self.next_event[0]:
            return self.chip.now
        return self.next_event[0] + HZ // 500

    def tell(self, event, body):
        self.events.append(struct.pack("<HH", event, 4 + len(body)) + body)
        self.chip.softdevice.interrupt()

    # Calls

    def agreed_set(self):
        self.agreed = self.chip.peek(self.argument(1), 32)

    def argument(self, i):
        return self.chip.cpu.r[i]

    def put(self, address, value, size=2):
        self.chip.poke(address, int(value).to_bytes(size, "little"))

    def half(self, address):
        return int.from_bytes(self.chip.peek(address, 2), "little")

    def enable_bluetooth(self):
        pass

    def bluetooth_event(self):
        if not self.events:
            return NOT_FOUND
        to, length = self.argument(0), self.argument(1)
        if to:
            if self.half(length) < len(self.events[0]):
                return DATA_SIZE
            event = self.events.popleft()
            self.chip.poke(to, event)
            self.put(length, len(event))
        else:
            self.put(length, len(self.events[0]))

    def packets_free(self):
        self.put(self.argument(1), PACKETS, 1)

    def add_uuid(self):
        self.uuids += 1
        self.put(self.argument(1), self.uuids, 1)

    def encode_uuid(self):
        self.put(self.argument(1), 2, 1)
        if self.argument(2):
            self.chip.poke(self.argument(2), self.chip.peek(self.argument(0), 2))

    def version(self):
        self.chip.poke(self.argument(0), struct.pack("<BxHH", 8, 0x59, 0x8C))

    def address_set(self):
        self.address = self.chip.peek(self.argument(0), 7)

    def address_get(self):
        self.chip.poke(self.argument(0), self.address)

    def privacy_get(self):
        self.chip.poke(self.argument(0), bytes(8))

    def advertising_data(self):
        if self.argument(0):
            self.advertised = self.chip.peek(self.argument(0), self.argument(1) & 0xFF)

    def advertise(self):
        if self.advertising:
            return INVALID_STATE
        self.advertising = True

    def advertise_stop(self):
        if not self.advertising:
            return INVALID_STATE
        self.advertising = False

    def change_interval(self):
        if not self.connected:
            return 0x3002
        if self.argument(1):
            self.wanted = self.half(self.argument(1) + 2)

    def hang_up(self):
        if not self.connected:
            return INVALID_STATE
        self.disconnect(0x16)

    def appearance_get(self):
        self.put(self.argument(0), 0)

    def preferred_get(self):
        self.chip.poke(self.argument(0), self.parameters())

    def name_set(self):
        self.name = self.chip.peek(self.argument(1), self.argument(2) & 0xFFFF)

    def name_get(self):
        room = self.half(self.argument(1))
        if self.argument(0):
            self.chip.poke(self.argument(0), self.name[:room])
        self.put(self.argument(1), len(self.name))

    def add_service(self):
        self.handles += 1
        self.put(self.argument(2), self.handles)

    def add_characteristic(self):
        properties = self.chip.peek(self.argument(1), 1)[0]
        value = self.handles + 2
        configuration = value + 1 if properties & 0x30 else 0
        self.handles = configuration or value
        self.characteristics.append((properties, value, configuration))
        self.chip.poke(self.argument(3), struct.pack("<HHHH", value, 0, configuration, 0))

    def value_set(self):
        at = self.argument(2)
        length, _, data = struct.unpack("<HHI", self.chip.peek(at, 8))
        if data:
            self.values[self.argument(1)] = self.chip.peek(data, length)

    def value_get(self):
        at = self.argument(2)
        length, _, data = struct.unpack("<HHI", self.chip.peek(at, 8))
        value = self.values.get(self.argument(1), b"\0\0")
        if data:
            self.chip.poke(data, value[:length])
        self.put(at, len(value))

    def send(self):
        """Notifications: there are buffers for so many packets until the radio's turn."""
        if not self.connected:
            return 0x3002
        if len(self.outgoing) >= PACKETS:
            return NO_PACKETS
        length, data = self.chip.words(self.argument(1) + 8, 2)
        self.outgoing.append(self.chip.peek(data, self.half(length)))

    def attributes_get(self):
        if self.argument(2):
            self.put(self.argument(2), 0)

    def first_handle(self):
        self.put(self.argument(0), 0x0E)
