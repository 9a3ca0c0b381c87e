"""Printed lines on their way to the node, each with its time, its stream and its activation."""

import io
import os
import time
from _thread import RLock, allocate_lock, get_ident, start_new_thread

from .frames import frame

# A longer line is sent in pieces, so that a frame never comes near the node's cap.
LINE_BYTES = 512 * 1024
FRAME_BYTES = 1024 * 1024
# Lines in one millisecond that are sent one by one; in a longer burst they are gathered.
SINGLE_LINES = 16
BURST_BYTES = 64 * 1024
GATHER_SECONDS = 0.01
# How often the captured streams are looked at while a run is under way.
WATCH_SECONDS = 0.1
# The file behind a captured stream may live in memory: it does not keep what was read for ever.
KEPT_BYTES = 1024 * 1024
# What is printed between runs is kept for the next one.
BETWEEN_BYTES = 64 * 1024


class Activation:
    """What one activation has printed, and what of it is yet to be sent."""

    def __init__(self, activation_id, limit):
        self.id = activation_id
        self.limit = limit
        self.unfinished = {1: b'', 2: b''}
        self.lines = []
        self.waiting = 0

    def print(self, stream, data):
        """Takes printed bytes; what has no line end yet is kept back."""
        if self.limit <= 0:
            return
        *lines, rest = (self.unfinished[stream] + data).split(b'\n')
        self.unfinished[stream] = rest
        for line in lines:
            self.add(stream, line)
        if len(rest) > LINE_BYTES:
            self.finish()

    def finish(self):
        """Ends the lines that were left without an end."""
        for stream, line in self.unfinished.items():
            if line:
                self.add(stream, line)
        self.unfinished = {1: b'', 2: b''}

    def add(self, stream, line):
        now = int(time.time() * 1000)
        for at in range(0, max(1, len(line)), LINE_BYTES):
            self.append([now, stream, line[at : at + LINE_BYTES].decode('utf-8', 'replace')])

    def append(self, line):
        if self.limit <= 0:
            return
        length = len(line[2].encode('utf-8'))
        # An empty line costs one byte, so that the limit ends any flood.
        self.limit -= max(1, length)
        self.lines.append(line)
        self.waiting += length

    def take(self):
        """The lines that wait, as frames; after that none wait."""
        lines, self.lines, self.waiting = self.lines, [], 0
        frames, part, length = [], [], 0
        for line in lines:
            part.append(line)
            length += len(line[2])
            if length > FRAME_BYTES:
                frames.append(frame({'type': 'log', 'id': self.id, 'lines': part}))
                part, length = [], 0
        if part:
            frames.append(frame({'type': 'log', 'id': self.id, 'lines': part}))
        return b''.join(frames)


class Capture:
    """The file behind descriptor 1 or 2: what code writes there directly, and what its children write."""

    def __init__(self, stream, folder):
        path = os.path.join(folder, 'stream-%d' % stream)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        writer = os.open(path, flags, 0o600)
        os.dup2(writer, stream)
        os.close(writer)
        self.stream = stream
        self.fd = os.open(path, os.O_RDWR)
        self.offset = 0
        os.unlink(path)

    def drain(self, take):
        """Hands over what was written since the last time."""
        size = os.fstat(self.fd).st_size
        if size == self.offset:
            return
        if size < self.offset:  # somebody opened /dev/stdout anew and truncated it
            self.offset = 0
        while True:
            data = os.pread(self.fd, 65536, self.offset)
            if not data:
                break
            self.offset += len(data)
            take(self.stream, data)
        if self.offset > KEPT_BYTES:
            os.ftruncate(self.fd, 0)
            self.offset = 0


class Logs:
    """Brings what is printed to the activation under way.

    A line is sent as soon as it is printed: code that hangs, and is ended for it, must not take the lines that
    explain it along. What comes in bursts is gathered. Threads may print, hence the lock.
    """

    def __init__(self, channel, captures):
        self.channel = channel
        self.captures = captures
        self.printers = []
        self.lock = RLock()
        self.between = self.current = Activation('', BETWEEN_BYTES)
        self.burst_time = 0
        self.burst_lines = 0
        self.gathering = False
        self.work = allocate_lock()
        self.work.acquire()
        self.resting = False
        self.forked = False
        if hasattr(os, 'register_at_fork'):
            os.register_at_fork(after_in_child=self.after_fork)

    def begin(self, activation_id, limit):
        with self.lock:
            activation = Activation(activation_id, limit)
            for line in self.between.lines:
                activation.append(line)
            self.between = Activation('', BETWEEN_BYTES)
            self.current = activation
            if self.resting:
                self.resting = False
                self.work.release()

    def finish(self):
        """Ends the activation, and answers the frames of its last lines."""
        with self.lock:
            self.drain()
            for printer in self.printers:
                printer.finish(self.take)
            activation, self.current = self.current, self.between
            activation.finish()
            return activation.take()

    def print(self, stream, data):
        with self.lock:
            self.drain()  # what children and descriptors wrote before it comes before it
            self.take(stream, data)

    def drain(self):
        for capture in self.captures:
            capture.drain(self.take)

    def take(self, stream, data):
        self.current.print(stream, data)
        if self.current is self.between or not self.current.lines:
            return
        now = int(time.time() * 1000)
        if now != self.burst_time:
            self.burst_time = now
            self.burst_lines = 0
        self.burst_lines += 1
        if self.burst_lines <= SINGLE_LINES or self.current.waiting > BURST_BYTES:
            self.channel.send(self.current.take())
        elif not self.gathering:
            self.gathering = True
            start_new_thread(self.flush_soon, ())

    def flush_soon(self):
        time.sleep(GATHER_SECONDS)
        with self.lock:
            self.gathering = False
            if self.current is not self.between:
                self.channel.send(self.current.take())

    def watch(self):
        """The work of a thread: looks at the captured streams and at the node's frames while a run is under way, else rests."""
        while True:
            time.sleep(WATCH_SECONDS)
            with self.lock:
                resting = self.resting = self.current is self.between
                if not resting:
                    self.drain()
            if resting:
                self.work.acquire()
            else:
                self.channel.look()

    def after_fork(self):
        """A child of the user's code has neither the lock's owner nor the protocol: it prints to its descriptors."""
        self.forked = True
        self.lock = RLock()


class Printer(io.RawIOBase):
    """What `sys.stdout` and `sys.stderr` write to. `print` writes a line in parts: each thread's are kept together."""

    def __init__(self, logs, stream):
        super().__init__()
        self.logs = logs
        self.stream = stream
        self.unfinished = {}
        logs.printers.append(self)

    def writable(self):
        return True

    def fileno(self):
        return self.stream

    def write(self, data):
        data = bytes(data)
        if self.logs.forked:
            os.write(self.stream, data)
            return len(data)
        thread = get_ident()
        text = self.unfinished.pop(thread, b'') + data
        end = len(text) if len(text) > LINE_BYTES else text.rfind(b'\n') + 1
        if end < len(text):
            self.unfinished[thread] = text[end:]
        if end > 0:
            self.logs.print(self.stream, text[:end])
        return len(data)

    def finish(self, take):
        """Hands over the lines that were left without an end."""
        unfinished, self.unfinished = self.unfinished, {}
        for text in unfinished.values():
            take(self.stream, text)


def open_printer(logs, stream):
    return io.TextIOWrapper(
        Printer(logs, stream), encoding='utf-8', errors='backslashreplace', newline='\n', write_through=True
    )
