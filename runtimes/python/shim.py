"""The Python runtime: speaks docs/protocol.md on the standard streams of its place.

Python 3.8 or newer, nothing but the standard library. Behaves and speaks as OpenWhisk's openwhisk-runtime-python does
(launcher.py and the actionloop proxy). It needs a temporary folder of its own.
"""

import os
import signal
import sys

from whisklet_runtime.code import last_words
from whisklet_runtime.frames import Channel, frame
from whisklet_runtime.logs import Capture, Logs, open_printer
from whisklet_runtime.pipes import open_pipes
from whisklet_runtime.runtime import Runtime

PROTOCOL = 1


def main():
    folder = os.path.join(os.environ.get('TMPDIR') or '/tmp', 'whisklet-' + os.urandom(6).hex())
    os.mkdir(folder, 0o700)
    action = os.path.join(folder, 'action')
    os.mkdir(action)
    os.chdir(action)
    sys.path.pop(0)  # the shim's own folder

    # The protocol moves to descriptors that children do not inherit, before any of the user's code is loaded.
    channel = Channel(*(open_pipes() or (os.dup(0), os.dup(1))))
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
    channel.send(frame({'type': 'ready', 'protocol': PROTOCOL, 'runtime': version, 'concurrent': False, 'ahead': True}))
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
