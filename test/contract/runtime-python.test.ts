import { expect } from 'bun:test';
import { need } from '../util/need.ts';
import { overFifos } from '../util/pipe-place.ts';
import { shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { testAhead } from './runtime-ahead.ts';
import { testPipes } from './runtime-pipes.ts';

const python = need('python3', Bun.which('python3'));

const command = python ? [python, shimOf('python')] : [];
const ways = [
  { name: 'Python', command },
  { name: 'Python, over FIFOs', command: overFifos(command) },
];

for (const way of python ? ways : [])
  testRuntime({
    ...way,
    concurrent: false,
    code: {
      echo: 'def main(args):\n    return args\n',
      niam: 'def niam(args):\n    return args\n',
      unicode: `# encoding: utf-8
def main(args):
    winter = args['delimiter'] + u' ☃ ' + args['delimiter']
    print(winter)
    return {'winter': winter}
`,
      env: `import os
def main(args):
    return {name: os.environ[name] for name in args['names']}
`,
      envAtLoad: `import os
at_load = os.environ['SOME_VAR']
def main(args):
    return {'at_load': at_load}
`,
      prints: `import os, subprocess, sys
def main(args):
    print('out 1')
    print('err', 1, file=sys.stderr)
    subprocess.run('echo child out; echo child err >&2', shell=True, check=True)
    os.write(1, b'raw\\n')
    print('out', 2)
    return {}
`,
      printsAtLoad: "print('at load')\ndef main(args):\n    return {}\n",
      printsUnfinished:
        "import sys\ndef main(args):\n    sys.stdout.write('no ')\n    print('end', end='')\n    return {}\n",
      printsMany: "def main(args):\n    for i in range(args['count']):\n        print('line %d' % i)\n    return {}\n",
      hangs: "def main(args):\n    print('before')\n    while True:\n        pass\n",
      printsLater: `import threading, time
def main(args):
    if args.get('wait'):
        time.sleep(0.2)
    else:
        threading.Timer(0.05, print, ['later']).start()
    return {}
`,
      exits: "import sys\ndef main(args):\n    print('last words')\n    sys.exit(1)\n",
      exitsAtLoad: "import sys\nprint('last words')\nsys.exit(1)\ndef main(args):\n    pass\n",
      throws: "def main(args):\n    raise ValueError('boom')\n",
      returnsText: "def main(args):\n    return 'not a json object'\n",
      returnsNull: 'def main(args):\n    pass\n',
      returnsList: "def main(args):\n    return ['a', 'b']\n",
      returnsLong: "def main(args):\n    return {'text': 'é' * args['count']}\n",
      syntaxError: 'syntax error here\n',
      noMain: 'def nomain(args):\n    return {}\n',
      readsInput: "import sys\ndef main(args):\n    return {'text': sys.stdin.read()}\n",
    },
    archives: {
      modules: {
        '__main__.py': 'from lib.echo import echo\ndef main(args):\n    return echo(args)\n',
        'lib/__init__.py': '',
        'lib/echo.py': "def echo(args):\n    return {'echo': args}\n",
      },
      reads: {
        '__main__.py': "def main(args):\n    with open('data.txt') as file:\n        return {'text': file.read()}\n",
        'data.txt': 'this is data',
      },
      runsTool: {
        '__main__.py': `import subprocess
def main(args):
    return {'text': subprocess.check_output(['./tool']).decode().strip()}
`,
        'bin/tool.sh': { content: '#!/bin/sh\necho from the tool\n', mode: 0o755 },
      },
      withoutMain: { 'echo.py': 'def echo(args):\n    return args\n' },
    },
    says: {
      throws: ({ answer, lines }) => {
        expect(answer).toMatchObject({ type: 'result', value: '{"error":"boom"}' });
        expect(lines[0]).toBe('stderr: Traceback (most recent call last):');
        expect(lines[1]).toMatch(/^stderr: {3}File ".*__main__\.py", line 2, in main$/);
        expect(lines.at(-1)).toBe('stderr: ValueError: boom');
      },
      notDictionary: 'The action did not return a dictionary or array.',
      syntaxError: /^The action failed to generate or locate a binary\. See logs for details\.$/,
      noMain: /^Cannot start action\. Check logs for details\.$/,
      noCode: 'Missing main/no code to execute.',
      badArchive: /^The action failed to generate or locate a binary\. See logs for details\.$/,
      withoutMain: /^The action failed to generate or locate a binary\. See logs for details\.$/,
      exits: 'command exited',
      exitsAtLoad: 'Cannot start action. Check logs for details.',
    },
  });

if (python)
  testAhead({
    name: 'Python',
    command: [python, shimOf('python')],
    code: {
      overlaps: `import os, time
busy = 0
def main(args):
    global busy
    others = busy
    busy += 1
    print('run', args['n'], os.environ['__OW_ACTIVATION_ID'])
    time.sleep(0.002)
    busy -= 1
    return {'n': args['n'], 'others': others}
`,
      waits: `import time
count = 0
def main(args):
    global count
    count += 1
    time.sleep(args['ms'] / 1000)
    return {'count': count}
`,
      fails: `count = 0
def main(args):
    global count
    count += 1
    return 'no dictionary' if args.get('bad') else {'count': count}
`,
    },
  });

if (python)
  testPipes({
    name: 'Python',
    command,
    code: {
      echo: 'def main(args):\n    return args\n',
      environment: "import json, os\ndef main(args):\n    return {'text': json.dumps(dict(os.environ))}\n",
    },
  });
