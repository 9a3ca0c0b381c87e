"""The Python runtime: speaks docs/protocol.md on the standard streams of its place.

One file, Python 3.8 or newer, nothing but the standard library. Behaves and speaks as OpenWhisk's
openwhisk-runtime-python does (launcher.py and the actionloop proxy). It needs a temporary folder of its own.
"""

import io
import json
import os
import signal
import struct
import sys
import time
from _thread import RLock, allocate_lock, start_new_thread

PROTOCOL = 1
# Code of 48 MB in base64, and what an archive may unpack to.
MAX_BODY_BYTES = 80 * 1024 * 1024
MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
MAX_ARCHIVE_ENTRIES = 100_000

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

MISSING_CODE = 'Missing main/no code to execute.'
NO_BINARY = 'The action failed to generate or locate a binary. See logs for details.'
CANNOT_START = 'Cannot start action. Check logs for details.'
EXITED_IN_INIT = 'Command exited abruptly during initialization.'
EXITED = 'command exited'
NO_DICTIONARY = 'The action did not return a dictionary or array.'


# MessagePack: the part of it that frames are made of


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
    return struct.pack('>I', len(data)) + data


class Channel:
    """The node's end of the streams that the place was started with."""

    def __init__(self, input_fd, output_fd):
        self.input = open(input_fd, 'rb')
        self.output = output_fd

    def receive(self):
        """The next frame; None when the node is gone."""
        header = self.input.read(4)
        if len(header) < 4:
            return None
        (length,) = struct.unpack('>I', header)
        if length > MAX_BODY_BYTES:
            raise ValueError('a frame of %d bytes was announced' % length)
        body = self.input.read(length)
        return unpack(body)[0] if len(body) == length else None

    def send(self, data):
        """Writes frames at once, before it returns."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.output, view) :]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                os._exit(0)


# Logs


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
            if self.limit <= 0:
                return
            part = line[at : at + LINE_BYTES]
            # An empty line costs one byte, so that the limit ends any flood.
            self.limit -= max(1, len(part))
            self.lines.append([now, stream, part.decode('utf-8', 'replace')])
            self.waiting += len(part)

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
            for _, stream, text in self.between.lines:
                activation.add(stream, text.encode('utf-8'))
            self.between = Activation('', BETWEEN_BYTES)
            self.current = activation
        if self.resting:
            self.resting = False
            self.work.release()

    def finish(self):
        """Ends the activation, and answers the frames of its last lines."""
        with self.lock:
            self.drain()
            activation, self.current = self.current, self.between
            activation.finish()
            return activation.take()

    def print(self, stream, data):
        if self.forked:
            os.write(stream, data)
            return
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
        """The work of a thread: looks at the captured streams while a run is under way, else rests."""
        while True:
            time.sleep(WATCH_SECONDS)
            with self.lock:
                idle = self.current is self.between
                if not idle:
                    self.drain()
            if idle:
                self.resting = True
                self.work.acquire()

    def after_fork(self):
        """A child of the user's code has neither the lock's owner nor the protocol: it prints to its descriptors."""
        self.forked = True
        self.lock = RLock()


class Printer(io.RawIOBase):
    """What `sys.stdout` and `sys.stderr` write to."""

    def __init__(self, logs, stream):
        super().__init__()
        self.logs = logs
        self.stream = stream

    def writable(self):
        return True

    def fileno(self):
        return self.stream

    def write(self, data):
        data = bytes(data)
        self.logs.print(self.stream, data)
        return len(data)


def open_printer(logs, stream):
    return io.TextIOWrapper(
        Printer(logs, stream), encoding='utf-8', errors='backslashreplace', newline='\n', write_through=True
    )


# Code


class CodeError(Exception):
    """The code cannot be run. `log` goes to the activation's stderr; the message is what the user sees."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


def load(code, binary, main, folder):
    """The function that `main` names. Archives and texts are laid into `folder`, which is the current one."""
    if not code:
        raise CodeError(MISSING_CODE)
    path = os.path.join(folder, '__main__.py')
    if binary:
        import base64

        try:
            extract(base64.b64decode(code), folder)
        except Exception as error:
            raise CodeError(NO_BINARY, 'The archive cannot be unpacked: %s' % error) from error
    else:
        with open(path, 'w', encoding='utf-8', errors='surrogatepass') as file:
            file.write(code)
    program = compile_main(path)
    if not activate_virtualenv(os.path.join(folder, 'virtualenv')):
        raise CodeError(NO_BINARY, "Invalid virtualenv. Zip file does not include 'activate_this.py'.")
    sys.path.insert(0, folder)
    # OpenWhisk calls it so, because a program cannot import a module of its own name, __main__.
    module = type(sys)('main__')
    module.__file__ = path
    sys.modules['main__'] = module
    try:
        exec(program, module.__dict__)
        return find(module, main)
    except BaseException as error:
        raise CodeError(CANNOT_START, last_words(error) + EXITED_IN_INIT) from error


def compile_main(path):
    try:
        with open(path, 'rb') as file:
            return compile(file.read(), path, 'exec', dont_inherit=True)
    except FileNotFoundError as error:
        raise CodeError(NO_BINARY, 'Zip file does not include __main__.py') from error
    except (SyntaxError, ValueError) as error:
        import traceback

        raise CodeError(NO_BINARY, ''.join(traceback.format_exception_only(type(error), error))) from error


def find(module, main):
    value = module
    for name in (main or 'main').split('.'):
        if not hasattr(value, name):
            raise ImportError("cannot import name '%s' from 'main__' (%s)" % (main, module.__file__))
        value = getattr(value, name)
    return value


def activate_virtualenv(folder):
    """What `activate_this.py` does; False when the folder is there but is no virtual environment."""
    if not os.path.isdir(folder):
        return True
    for script in ('bin/activate_this.py', 'Scripts/activate_this.py'):
        path = os.path.join(folder, script)
        if os.path.exists(path):
            with open(path, 'rb') as file:
                exec(compile(file.read(), path, 'exec', dont_inherit=True), {'__file__': path, '__name__': 'activate'})
            return True
    # `python -m venv` makes no such script.
    import glob
    import site

    found = glob.glob(os.path.join(folder, 'lib', 'python3*', 'site-packages'))
    for path in found:
        before = list(sys.path)
        site.addsitedir(path)
        sys.path[:] = [each for each in sys.path if each not in before] + before
    return bool(found)


def extract(data, folder):
    """Unpacks a zip or a tar.gz: nothing outside of the folder is written, links that lead outside are left out."""
    if data[:2] == b'PK':
        entries = zip_entries(data)
    elif data[:3] == b'\x1f\x8b\x08':
        entries = tar_entries(data)
    else:
        raise ValueError('it is neither a zip nor a tar.gz')
    total = 0
    links = []
    for count, (name, size, mode, link, read) in enumerate(entries):
        total += size
        if total > MAX_ARCHIVE_BYTES or count >= MAX_ARCHIVE_ENTRIES:
            raise ValueError('it is too large')
        path = inside(folder, name)
        if path is None:
            raise ValueError('an entry leads out of it: %s' % name)
        if name.endswith('/'):
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if link is not None:
            if not os.path.isabs(link) and inside(folder, os.path.join(os.path.dirname(name), link)):
                links.append((link, path))
            continue
        with open(path, 'wb') as file:
            file.write(read())
        os.chmod(path, 0o755 if mode & 0o111 else 0o644)
    for link, path in links:  # last of all, so that nothing is written through one
        os.symlink(link, path)


def inside(folder, name):
    path = os.path.normpath(os.path.join(folder, name))
    return path if path == folder or path.startswith(folder + os.sep) else None


def zip_entries(data):
    """Name, size, mode, where it leads if it is a link, and how its bytes are read."""
    import stat
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            link = archive.read(entry).decode('utf-8') if stat.S_ISLNK(mode) else None
            yield entry.filename, entry.file_size, mode, link, lambda entry=entry: archive.read(entry)


def tar_entries(data):
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data), mode='r:gz') as archive:
        for entry in archive:
            name = entry.name + ('/' if entry.isdir() else '')
            link = entry.linkname if entry.issym() else None
            if entry.isdir() or entry.isfile() or link is not None:
                yield name, entry.size, entry.mode, link, lambda entry=entry: archive.extractfile(entry).read()


def last_words(error):
    """What the interpreter prints of an error that ends a program, without the shim's own part of the stack."""
    if isinstance(error, SystemExit):
        return '' if error.code is None or isinstance(error.code, int) else '%s\n' % (error.code,)
    import traceback

    stack = error.__traceback__
    while stack is not None and stack.tb_frame.f_code.co_filename == __file__:
        stack = stack.tb_next
    return ''.join(traceback.format_exception(type(error), error, stack))


# Runs


class Runtime:
    """Does what the frames from the node ask for."""

    def __init__(self, channel, logs, folder):
        self.channel = channel
        self.logs = logs
        self.folder = folder
        self.main = None
        self.result_limit = 0

    def init(self, message):
        os.environ.update(message['env'])
        self.result_limit = message['resultLimit']
        self.logs.begin(message['id'], message['logLimit'])
        start_new_thread(self.logs.watch, ())
        try:
            self.main = load(message['code'], message['binary'], message['main'], self.folder)
            self.answer({'type': 'result', 'id': message['id']})
        except CodeError as error:
            if error.log is not None:
                self.log(error.log)
            self.fail(message['id'], str(error))

    def run(self, message):
        os.environ.update(message['env'])
        self.logs.begin(message['id'], message['logLimit'])
        try:
            try:
                result = self.main(json.loads(message['value']))
            except Exception as error:
                self.log(last_words(error))
                result = {'error': str(error)}
            if result is not None and not isinstance(result, (dict, list, tuple)):
                self.fail(message['id'], NO_DICTIONARY)
            else:
                self.succeed(message['id'], to_json(result))
        except BaseException as error:
            # OpenWhisk's launcher ends here.
            self.log(last_words(error))
            self.fail(message['id'], EXITED)

    def succeed(self, activation_id, value):
        answer = {'type': 'result', 'id': activation_id, 'value': value}
        if len(value) * 4 > self.result_limit:
            data = value.encode('utf-8')
            if len(data) > self.result_limit:
                answer = {**answer, 'value': data[: self.result_limit].decode('utf-8', 'ignore'), 'size': len(data)}
        self.answer(answer)

    def fail(self, activation_id, error):
        data = error.encode('utf-8', 'replace')[: self.result_limit]
        self.answer({'type': 'failure', 'id': activation_id, 'error': data.decode('utf-8', 'ignore')})

    def answer(self, message):
        # All lines of an activation go before its answer, in the same write.
        self.channel.send(self.logs.finish() + frame(message))

    def log(self, text):
        if text:
            self.logs.print(2, (text if text.endswith('\n') else text + '\n').encode('utf-8', 'backslashreplace'))


compact = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode
escaped = json.JSONEncoder(separators=(',', ':')).encode


def to_json(value):
    text = compact(value)
    try:
        text.encode('utf-8')
    except UnicodeEncodeError:  # halves of surrogate pairs
        return escaped(value)
    return text


def main():
    folder = os.path.join(os.environ.get('TMPDIR') or '/tmp', 'whisklet-' + os.urandom(6).hex())
    os.mkdir(folder, 0o700)
    action = os.path.join(folder, 'action')
    os.mkdir(action)
    os.chdir(action)
    sys.path.pop(0)  # the shim's own folder

    # The protocol moves to descriptors that children do not inherit, before any of the user's code is loaded.
    channel = Channel(os.dup(0), os.dup(1))
    words = os.dup(2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    logs = Logs(channel, [Capture(1, folder), Capture(2, folder)])
    sys.stdout = sys.__stdout__ = open_printer(logs, 1)
    sys.stderr = sys.__stderr__ = open_printer(logs, 2)
    # The first process of a container ignores the signal unless it handles it.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))

    try:
        serve(channel, Runtime(channel, logs, action))
    except BaseException as error:
        os.write(words, last_words(error).encode('utf-8', 'replace'))
        os._exit(70)


def serve(channel, runtime):
    version = 'python %d.%d.%d' % sys.version_info[:3]
    channel.send(frame({'type': 'ready', 'protocol': PROTOCOL, 'runtime': version, 'concurrent': False}))
    while True:
        message = channel.receive()
        if message is None or message['type'] == 'stop':
            os._exit(0)
        elif message['type'] == 'init':
            runtime.init(message)
        elif message['type'] == 'run':
            runtime.run(message)


if __name__ == '__main__':
    main()
