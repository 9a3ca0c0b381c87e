"""Does what the frames from the node ask for."""

import json
import os
import time
from _thread import start_new_thread

from .code import CodeError, last_words, load
from .frames import frame

EXITED = 'command exited'
NO_DICTIONARY = 'The action did not return a dictionary or array.'


class Runtime:
    """The action of this place: initialized once, then run."""

    def __init__(self, channel, logs, folder):
        self.channel = channel
        self.logs = logs
        self.folder = folder
        self.main = None
        self.result_limit = 0
        self.failed = False

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
        if self.failed and message.get('ahead'):
            # The node has it done by another container.
            return
        began = time.perf_counter()
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
                self.succeed(message['id'], to_json(result), began)
        except BaseException as error:
            # OpenWhisk's launcher ends here.
            self.log(last_words(error))
            self.fail(message['id'], EXITED)

    def succeed(self, activation_id, value, began):
        took = int((time.perf_counter() - began) * 1_000_000)
        answer = {'type': 'result', 'id': activation_id, 'value': value, 'took': took}
        if len(value) * 4 > self.result_limit:
            data = value.encode('utf-8')
            if len(data) > self.result_limit:
                answer = {**answer, 'value': data[: self.result_limit].decode('utf-8', 'ignore'), 'size': len(data)}
        self.answer(answer)

    def fail(self, activation_id, error):
        self.failed = True
        data = error.encode('utf-8', 'replace')[: self.result_limit]
        self.answer({'type': 'failure', 'id': activation_id, 'error': data.decode('utf-8', 'ignore')})

    def answer(self, message):
        if self.logs.forked:
            # A child that the action forked came back from main: the answer is its parent's.
            os._exit(0)
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
