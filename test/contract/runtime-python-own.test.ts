import { describe, expect, test } from 'bun:test';
import { zip } from '../util/archive.ts';
import { need } from '../util/need.ts';
import { failureOf, initialized, resultOf, TestRuntime, WatchedLogs } from '../util/runtime.ts';
import { shimOf } from '../util/shims.ts';

/** What only Python has: its environments, threads, forks and ways to end. */

const python = need('python3', Bun.which('python3'));

if (python) {
  const command = [python, shimOf('python')];
  const started = (code: string, options = {}) => initialized(command, code, options);
  const refused = async (code: string, options = {}) => {
    await using runtime = await TestRuntime.start(command);
    const call = await runtime.init(code, options);
    return { error: failureOf(call), lines: call.lines };
  };

  describe('Python: a virtual environment', () => {
    const main = "from agent import name\ndef main(args):\n    return {'agent': name}\n";
    const site = 'virtualenv/lib/python3.11/site-packages';
    const activate = `import os, sys
base = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ['VIRTUAL_ENV'] = base
sys.path.insert(0, os.path.join(base, 'lib/python3.11/site-packages'))
`;

    test('is activated before the code is loaded', async () => {
      const files = {
        '__main__.py': main,
        'virtualenv/bin/activate_this.py': activate,
        [`${site}/agent.py`]: "name = 'agent'\n",
      };
      await using runtime = await started(zip(files), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ agent: 'agent' });
    });

    test('made by venv is used as well', async () => {
      const files = { '__main__.py': main, [`${site}/agent.py`]: "name = 'plain'\n" };
      await using runtime = await started(zip(files), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ agent: 'plain' });
    });

    test('that is none is refused', async () => {
      const files = { '__main__.py': 'def main(args):\n    return args\n', 'virtualenv/readme.md': 'nothing' };
      const { error, lines } = await refused(zip(files), { binary: true });
      expect(error).toBe('The action failed to generate or locate a binary. See logs for details.');
      expect(lines).toEqual(["stderr: Invalid virtualenv. Zip file does not include 'activate_this.py'."]);
    });
  });

  describe('Python: loading', () => {
    test('a module that is missing is in the log', async () => {
      const { error, lines } = await refused('import iamnotthere\ndef main(args):\n    return {}\n');
      expect(error).toBe('Cannot start action. Check logs for details.');
      expect(lines[0]).toBe('stderr: Traceback (most recent call last):');
      expect(lines.slice(-2)).toEqual([
        "stderr: ModuleNotFoundError: No module named 'iamnotthere'",
        'stderr: Command exited abruptly during initialization.',
      ]);
      expect(lines.join('\n')).not.toContain('whisklet_runtime');
    });

    test('an archive without a main file is named in the log', async () => {
      const { lines } = await refused(zip({ 'echo.py': '' }), { binary: true });
      expect(lines).toEqual(['stderr: Zip file does not include __main__.py']);
    });

    test('an archive that OpenWhisk has compiled is loaded with its virtual environment (docker run -i IMAGE -compile main)', async () => {
      const files = {
        exec: { content: '#!/bin/bash\nexec /usr/local/bin/python exec__.py "$@"\n', mode: 0o755 },
        'exec.env': 'openwhisk/action-python-v3.11',
        'exec__.py': 'from main__ import main as main\n',
        'main__.py': "from agent import name\ndef main(args):\n    return {'agent': name}\n",
        'requirements.txt': 'agent\n',
        'virtualenv/bin/activate_this.py': "import sys\nsys.path.insert(0, 'virtualenv/lib/site-packages')\n",
        'virtualenv/lib/site-packages/agent.py': "name = 'compiled'\n",
      };
      await using runtime = await started(zip(files), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ agent: 'compiled' });
    });

    test('the shim hides no module of the action', async () => {
      const files = {
        '__main__.py': 'import logs, frames, shim\ndef main(args):\n    return {"of": [logs.x, frames.x, shim.x]}\n',
        'logs.py': 'x = 1\n',
        'frames.py': 'x = 2\n',
        'shim.py': 'x = 3\n',
      };
      await using runtime = await started(zip(files), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ of: [1, 2, 3] });
    });
  });

  describe('Python: results', () => {
    test('a tuple is a list, and halves of pairs are escaped', async () => {
      await using runtime = await started("def main(args):\n    return ('a', '\\ud800')\n");
      const { answer } = await runtime.run();
      expect(answer).toMatchObject({ type: 'result', value: '["a","\\ud800"]' });
    });

    test('what cannot be JSON ends it, and the log says why', async () => {
      await using runtime = await started('def main(args):\n    return {"x": {1, 2}}\n');
      const call = await runtime.run();
      expect(failureOf(call)).toBe('command exited');
      expect(call.lines.at(-1)).toBe('stderr: TypeError: Object of type set is not JSON serializable');
    });

    test('it goes on after an error', async () => {
      await using runtime = await started("def main(args):\n    return {'n': 1 / args['n']}\n");
      expect(resultOf(await runtime.run({ n: 0 }))).toEqual({ error: 'division by zero' });
      expect(resultOf(await runtime.run({ n: 1 }))).toEqual({ n: 1 });
    });

    test('an exit with a text prints it', async () => {
      await using runtime = await started("import sys\ndef main(args):\n    sys.exit('good bye')\n");
      const call = await runtime.run();
      expect(failureOf(call)).toBe('command exited');
      expect(call.lines).toEqual(['stderr: good bye']);
    });

    test('a hard exit is the end of the process, with its lines', async () => {
      await using runtime = await started("import os\ndef main(args):\n    print('last')\n    os._exit(3)\n");
      const logs = new WatchedLogs();
      await expect(runtime.run({}, { logs })).rejects.toThrow('it ended');
      expect(logs.lines).toEqual(['stdout: last']);
      expect((await runtime.place.exited).code).toBe(3);
    });
  });

  describe('Python: logs', () => {
    test('have what threads, loggers and bytes print', async () => {
      await using runtime = await started(`import logging, sys, threading
logging.basicConfig(level=logging.INFO, format='%(message)s')
def main(args):
    threads = [threading.Thread(target=print, args=('thread %d' % n,)) for n in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    logging.info('logged')
    sys.stdout.buffer.write('bytes ☃\\n'.encode())
    sys.stdout.flush()
    return {}
`);
      const { lines } = await runtime.run();
      const threads = [...Array(20).keys()].map((n) => `stdout: thread ${n}`);
      expect([...lines].sort()).toEqual([...threads, 'stdout: bytes ☃', 'stderr: logged'].sort());
    });

    test('have what children print to the streams that they are given', async () => {
      await using runtime = await started(`import subprocess, sys
def main(args):
    subprocess.run(['echo', 'child'], stdout=sys.stdout, stderr=sys.stderr, check=True)
    return {}
`);
      expect((await runtime.run()).lines).toEqual(['stdout: child']);
    });

    test('come before the end, also from a burst', async () => {
      await using runtime = await started(`import time
def main(args):
    for n in range(1000): print('line %d' % n)
    time.sleep(60)
`);
      const logs = new WatchedLogs();
      const call = runtime.run({}, { logs }).catch(() => 'ended');
      await logs.seen('line 999');
      expect(logs.lines.length).toBe(1000);
      await runtime.place.destroy();
      expect(await call).toBe('ended');
    });

    test('have what forks print, and forks answer nothing', async () => {
      await using runtime = await started(`import multiprocessing, os
def work(n):
    print('fork %d' % n, flush=True)
def main(args):
    context = multiprocessing.get_context('fork')
    forks = [context.Process(target=work, args=(n,)) for n in range(3)]
    for fork in forks: fork.start()
    for fork in forks: fork.join()
    pid = os.fork()
    if pid == 0:
        return {'from': 'the fork'}
    os.waitpid(pid, 0)
    return {'codes': [fork.exitcode for fork in forks]}
`);
      for (let round = 0; round < 3; round += 1) {
        const call = await runtime.run();
        expect(resultOf(call)).toEqual({ codes: [0, 0, 0] });
        expect(call.lines.filter((line) => line.startsWith('stdout')).sort()).toEqual(
          [0, 1, 2].map((n) => `stdout: fork ${n}`),
        );
      }
    });
  });
}
