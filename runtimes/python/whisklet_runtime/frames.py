"""Frames of docs/protocol.md: the part of MessagePack that they are made of, and the way to the node and back."""

import os
import select
import struct
import time
from _thread import allocate_lock
from collections import deque

# Code of 48 MB in base64.
MAX_BODY_BYTES = 80 * 1024 * 1024
# Memory for as much as may come is made at each read: of a frame that is longer, as much as is missing is asked for.
READ_BYTES = 16 * 1024
MOST_READ_BYTES = 1024 * 1024

LENGTH = struct.Struct('>I')


def pack(value):
    """Bytes of a bool, an int from 0, a text, a list or a map with text keys."""
    if value is True or value is False:
        return b'\xc3' if value else b'\xc2'
    if isinstance(value, int):
        if value < 0x80:
            return bytes((value,))
        return struct.pack('>BI', 0xCE, value) if value < 1 << 32 else struct.pack('>BQ', 0xCF, value)
    if isinstance(value, str):
        text = value.encode('utf-8', 'replace')
        length = len(text)
        if length < 32:
            return bytes((0xA0 | length,)) + text
        return (struct.pack('>BH', 0xDA, length) if length < 1 << 16 else struct.pack('>BI', 0xDB, length)) + text
    if isinstance(value, dict):
        return struct.pack('>BH', 0xDE, len(value)) + b''.join(pack(part) for pair in value.items() for part in pair)
    return struct.pack('>BI', 0xDD, len(value)) + b''.join(map(pack, value))


# First byte: how the length or the number after it is read, and its size.
TEXT_LENGTHS = {0xD9: ('>B', 1), 0xDA: ('>H', 2), 0xDB: ('>I', 4)}
MAP_LENGTHS = {0xDE: ('>H', 2), 0xDF: ('>I', 4)}
NUMBERS = {
    0xCA: ('>f', 4),
    0xCB: ('>d', 8),
    0xCC: ('>B', 1),
    0xCD: ('>H', 2),
    0xCE: ('>I', 4),
    0xCF: ('>Q', 8),
}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def unpack(data, at=0):
    """The value that begins at `at`, and where it ends."""
    kind = data[at]
    at += 1
    if kind < 0x80:
        return kind, at
    if 0xA0 <= kind < 0xC0:
        return unpack_text(data, at, kind & 0x1F)
    if kind < 0x90:
        return unpack_map(data, at, kind & 0x0F)
    if kind in CONSTANTS:
        return CONSTANTS[kind], at
    for lengths, read in ((TEXT_LENGTHS, unpack_text), (MAP_LENGTHS, unpack_map)):
        if kind in lengths:
            form, size = lengths[kind]
            return read(data, at + size, struct.unpack_from(form, data, at)[0])
    form, size = NUMBERS[kind]
    return struct.unpack_from(form, data, at)[0], at + size


def unpack_text(data, at, length):
    return str(data[at : at + length], 'utf-8'), at + length


def unpack_map(data, at, count):
    pairs = {}
    for _ in range(count):
        key, at = unpack(data, at)
        pairs[key], at = unpack(data, at)
    return pairs, at


def frame(body):
    data = pack(body)
    return LENGTH.pack(len(data)) + data


class Channel:
    """The node's end of the streams that the place was started with."""

    def __init__(self, input_fd, output_fd):
        self.input = input_fd
        self.output = output_fd
        self.unread = b''
        # Those that nobody has received yet: runs that were sent ahead.
        self.frames = deque()
        self.reading = allocate_lock()
        self.writing = allocate_lock()

    def receive(self):
        """The next frame; None when the node is gone."""
        with self.reading:
            while not self.frames:
                if not self.read():
                    return None
            return self.frames.popleft()

    def look(self):
        """Reads what has come, while nobody receives: runs are given back also while one is under way."""
        if not self.reading.acquire(False):
            return
        try:
            while select.select([self.input], [], [], 0)[0] and self.read():
                pass
        finally:
            self.reading.release()

    def read(self):
        """Waits for bytes, and takes the frames that they bring; False at their end."""
        data = os.read(self.input, READ_BYTES)
        if not data:
            return False
        data = self.unread + data
        at = 0
        while len(data) - at >= 4:
            (length,) = LENGTH.unpack_from(data, at)
            if length > MAX_BODY_BYTES:
                raise ValueError('a frame of %d bytes was announced' % length)
            end = at + 4 + length
            if end > len(data):
                data, at, end = self.complete(data[at:], 4 + length), 0, 4 + length
                if len(data) < end:
                    return False
            message, _ = unpack(data, at + 4)
            at = end
            if message['type'] == 'recall':
                self.give_back()
            else:
                self.frames.append(message)
        self.unread = data[at:]
        return True

    def complete(self, data, length):
        """So many bytes, which begin with `data`; fewer at their end."""
        parts = bytearray(data)
        while len(parts) < length:
            part = os.read(self.input, min(length - len(parts), MOST_READ_BYTES))
            if not part:
                break
            parts += part
        return bytes(parts)

    def give_back(self):
        """The runs that were sent ahead and are not begun."""
        ids = [message['id'] for message in self.frames if message.get('ahead')]
        self.frames = deque(message for message in self.frames if not message.get('ahead'))
        self.send(frame({'type': 'recalled', 'ids': ids}))

    def send(self, data):
        """Writes frames at once, before it returns."""
        view = memoryview(data)
        with self.writing:
            while view:
                try:
                    view = view[os.write(self.output, view) :]
                except BlockingIOError:
                    time.sleep(0.001)
                except OSError:
                    os._exit(0)
