import { describe, expect, test } from 'bun:test';
import { failureOf, initialized, resultOf, WatchedLogs } from '../util/runtime.ts';
import { runsAhead } from './runtime-ahead.ts';
import type { Engine } from './runtime-javascript-code.ts';

/** What becomes of errors, of console and of calls at once in JavaScript, under Bun and Node alike. */
export function testJavaScriptRuns({ name, command }: Engine): void {
  const started = (code: string) => initialized(command, code);
  /** Runs code that ends its process: what it was answered with, and its lines. */
  const ended = async (code: string) => {
    await using runtime = await started(code);
    const logs = new WatchedLogs();
    const answer = await runtime.run({}, { logs }).then(
      () => 'answered',
      () => 'gone',
    );
    return { answer, lines: logs.lines, exit: await runtime.place.exited };
  };

  describe(`${name}: errors`, () => {
    const rejected = async (reason: string) => {
      await using runtime = await started(`function main() { return Promise.reject(${reason}) }`);
      return resultOf(await runtime.run());
    };

    test('a rejected promise is a result with an error', async () => {
      expect(await rejected('{ e: 1 }')).toEqual({ error: { e: 1 } });
      expect(await rejected('"words"')).toEqual({ error: 'words' });
      expect(await rejected('')).toEqual({ error: {} });
    });

    test('a rejection with an Error has its name, message, stack and fields', async () => {
      expect(await rejected('Object.assign(new TypeError("bad"), { code: "E_BAD", status: 4 })')).toEqual({
        error: {
          name: 'TypeError',
          message: 'bad',
          code: 'E_BAD',
          status: 4,
          stack: expect.stringMatching(/^TypeError: bad\n/) as string,
        },
      });
    });

    test('an error of an async function is a rejection', async () => {
      await using runtime = await started('async function main() { return a.b.c }');
      expect(resultOf(await runtime.run())).toMatchObject({ error: { name: 'ReferenceError' } });
    });

    test('a module that is not there is told of as by Node, wherever it is asked for', async () => {
      const missing = /^Error: Cannot find module 'nope'\nRequire stack:\n- .*index\.js\n {4}at /;
      await using thrower = await started("function main() { require('nope') }");
      const thrown = await thrower.run();
      expect(failureOf(thrown)).toMatch(/^An error has occurred: Error: Cannot find module 'nope'\n/);
      expect(thrown.lines[0]).toBe("stderr: Error: Cannot find module 'nope'");

      await using rejecter = await started("async function main() { require('nope') }");
      expect(resultOf(await rejecter.run())).toEqual({
        error: {
          name: 'Error',
          message: expect.stringMatching(/^Cannot find module 'nope'\n/) as string,
          stack: expect.stringMatching(missing) as string,
          code: 'MODULE_NOT_FOUND',
          requireStack: [expect.stringMatching(/index\.js$/) as string],
        },
      });

      const { lines } = await ended(
        "function main() { return new Promise(() => setTimeout(() => require('nope'), 1)) }",
      );
      expect(lines[0]).toBe("stderr: Error: Cannot find module 'nope'");
    });

    test('the runtime goes on after a rejection', async () => {
      await using runtime = await started(
        'let n = 0; async function main() { n += 1; if (n === 1) throw 1; return { n } }',
      );
      expect(resultOf(await runtime.run())).toEqual({ error: 1 });
      expect(resultOf(await runtime.run())).toEqual({ n: 2 });
    });

    test('whatever is thrown has a text', async () => {
      for (const [thrown, text] of [
        ['"nooooo"', 'nooooo'],
        ['undefined', 'undefined'],
        ['Object.create(null)', '[object Object]'],
        ['Symbol("s")', 'Symbol(s)'],
      ]) {
        await using runtime = await started(`function main() { throw ${thrown} }`);
        expect(failureOf(await runtime.run())).toBe(`An error has occurred: ${text}`);
      }
    });

    test('a result that cannot be JSON is a failure', async () => {
      for (const result of [
        '{ n: 1n }',
        '(() => { const a = {}; a.a = a; return a })()',
        'Promise.resolve({ n: 1n })',
      ]) {
        await using runtime = await started(`function main() { return ${result} }`);
        const call = await runtime.run();
        expect(failureOf(call)).toMatch(/^An error has occurred: TypeError: /);
        expect(call.lines[0]).toMatch(/^stderr: TypeError: /);
      }
    });

    test('a result of another type is named in the log', async () => {
      await using runtime = await started('async function main() { return 5 }');
      const call = await runtime.run();
      expect(failureOf(call)).toBe('The action did not return a dictionary.');
      expect(call.lines).toEqual(['stderr: Result must be of type object but has type "number": 5']);
    });

    test('an error that nobody catches ends the process, and is in the log', async () => {
      for (const code of [
        "function main() { return new Promise(() => setTimeout(() => { throw new Error('lost') }, 1)) }",
        "function main() { return new Promise(() => setTimeout(() => Promise.reject(new Error('lost')), 1)) }",
      ]) {
        const { answer, lines, exit } = await ended(code);
        expect(answer).toBe('gone');
        expect(lines[0]).toBe('stderr: Error: lost');
        expect(exit.code).toBe(1);
      }
    });

    test('what comes after the end of the process is not begun, whatever ended it', async () => {
      for (const end of ["Promise.reject(new Error('lost'))", 'process.nextTick(() => process.exit(1))']) {
        await using runtime = await started(`let sent = 0; function main() { sent += 1; ${end}; return { sent } }`);
        expect(resultOf(await runtime.run())).toEqual({ sent: 1 });
        // Whether it comes before the end or after it.
        await expect(runtime.run()).rejects.toMatchObject({ isUnsent: true });
      }
    });

    test('an error that the code catches itself ends nothing', async () => {
      for (const event of ['uncaughtException', 'unhandledRejection']) {
        const late = event === 'uncaughtException' ? "throw new Error('lost')" : "Promise.reject(new Error('lost'))";
        await using runtime = await started(`process.on('${event}', (error) => console.log('caught', error.message));
          function main() { return new Promise((done) => { setTimeout(() => { ${late} }, 1); setTimeout(done, 30) }) }`);
        expect((await runtime.run()).lines).toEqual(['stdout: caught lost']);
      }
    });

    test('what the code prints while it exits is in the log', async () => {
      const { lines, exit } = await ended(`process.on('exit', (code) => console.log('bye', code));
        async function main() { process.stdout.write('no end'); process.exit(3) }`);
      expect(lines).toEqual(['stdout: no end', 'stdout: bye 3']);
      expect(exit.code).toBe(3);
    });
  });

  describe(`${name}: console`, () => {
    const printed = async (statements: string) => {
      await using runtime = await started(`async function main() { ${statements} }`);
      return (await runtime.run()).lines;
    };

    test('goes to the stream that its method means', async () => {
      const lines = await printed(
        "console.log('a'); console.info('b'); console.debug('c'); console.warn('d'); console.error('e')",
      );
      expect(lines).toEqual(['stdout: a', 'stdout: b', 'stdout: c', 'stderr: d', 'stderr: e']);
    });

    test('fills in and shows as Node does', async () => {
      expect(
        await printed("console.log('%s is %d', 'a', 4, { b: [1] }); console.log('100%', 'sure'); console.log()"),
      ).toEqual(['stdout: a is 4 { b: [ 1 ] }', 'stdout: 100% sure', 'stdout: ']);
    });

    test('has groups, tables, counts, times, traces and assertions', async () => {
      const lines =
        await printed(`console.group('outer'); console.log('inner'); console.groupEnd(); console.log('after');
        console.table([{ a: 1 }]); console.count(); console.count(); console.dir({ a: 1 });
        console.assert(false, 'wrong'); console.trace('here'); console.time('t'); console.timeEnd('t')`);
      expect(lines.slice(0, 3)).toEqual(['stdout: outer', 'stdout:   inner', 'stdout: after']);
      expect(lines[4]).toContain('(index)');
      const rest = lines.slice(8);
      expect(rest.slice(0, 4)).toEqual([
        'stdout: default: 1',
        'stdout: default: 2',
        'stdout: { a: 1 }',
        'stderr: Assertion failed: wrong',
      ]);
      expect(rest.some((line) => line.startsWith('stderr:     at '))).toBe(true);
      expect(rest.at(-1)).toMatch(/^stdout: t: [\d.]+ms$/);
    });

    test('keeps the lines of one text apart, and puts the parts of one line together', async () => {
      const lines = await printed(
        "console.log('a\\nb'); process.stdout.write('c'); process.stderr.write('x\\n'); process.stdout.write(Buffer.from('d\\n'))",
      );
      expect(lines).toEqual(['stdout: a', 'stdout: b', 'stderr: x', 'stdout: cd']);
    });

    test('is a stream that others can be piped into', async () => {
      const lines = await printed(`const { Readable } = require('stream');
        await new Promise((done) => Readable.from(['a\\n', 'b\\n']).on('end', done).pipe(process.stdout));
        console.log(process.stdout.fd, process.stderr.fd, process.stdout.isTTY)`);
      expect(lines).toEqual(['stdout: a', 'stdout: b', 'stdout: 1 2 false']);
    });

    test('has lines longer than any frame whole, in pieces', async () => {
      const lines = await printed("console.log('x'.repeat(9 * 1024 * 1024))");
      expect(lines.map((line) => line.slice('stdout: '.length)).join('').length).toBe(9 * 1024 * 1024);
    });

    test('has all that a child wrote, however much, and before the next line', async () => {
      const lines = await printed(`require('child_process').execSync('seq 1 100000', { stdio: 'inherit' });
        console.log('done')`);
      expect(lines.length).toBe(100_001);
      expect(lines[99_999]).toBe('stdout: 100000');
      expect(lines[100_000]).toBe('stdout: done');
    });

    test('has what a child writes while the call goes on', async () => {
      await using runtime = await started(`const { spawn } = require('child_process');
        function main() { return new Promise(() => spawn('echo', ['alive'], { stdio: 'inherit' })) }`);
      const logs = new WatchedLogs();
      const call = runtime.run({}, { logs }).catch(() => 'ended');
      await logs.seen('alive');
      await runtime.place.destroy();
      expect(await call).toBe('ended');
    });

    test('has what is written to a /dev/stdout that is opened anew', async () => {
      await using runtime = await started(`const fs = require('fs');
        function main({ n }) { fs.appendFileSync('/dev/stdout', 'line ' + n + '\\n') }`);
      for (const n of [1, 2, 3]) expect((await runtime.run({ n })).lines).toEqual([`stdout: line ${n}`]);
    });
  });

  describe(`${name}: calls at once`, () => {
    test('go on side by side, each with its own lines', async () => {
      await using runtime = await started(`let waiting = [];
        async function main({ n, count }) {
          console.log('begin ' + n);
          await new Promise((done) => { waiting.push(done); if (waiting.length === count) for (const go of waiting) go() });
          await new Promise((done) => setTimeout(done, n % 3));
          setImmediate(() => console.error('side ' + n));
          await new Promise((done) => setTimeout(done, 5));
          console.log('end ' + n);
          return { n };
        }`);
      const count = 50;
      const numbers = [...Array(count).keys()];
      const calls = await Promise.all(numbers.map((n) => runtime.run({ n, count })));
      for (const n of numbers) {
        const call = calls[n] as (typeof calls)[number];
        expect(resultOf(call)).toEqual({ n });
        expect(call.lines).toEqual([`stdout: begin ${n}`, `stderr: side ${n}`, `stdout: end ${n}`]);
      }
    });

    test('fail by themselves', async () => {
      await using runtime = await started(
        'async function main({ n }) { await new Promise((done) => setTimeout(done, 5)); if (n) throw n; return {} }',
      );
      const calls = await Promise.all([0, 1, 0].map((n) => runtime.run({ n })));
      expect(calls.map(resultOf)).toEqual([{}, { error: 1 }, {}]);
    });
  });

  describe(`${name}: memory`, () => {
    test('is collected when the code asks for it, as under node --expose-gc', async () => {
      await using runtime = await started(`async function main() {
        const references = Array.from({ length: 1000 }, () => new WeakRef({}));
        await new Promise((done) => setTimeout(done, 1));
        global.gc();
        return { gone: references.filter((each) => !each.deref()).length, all: typeof gc() };
      }`);
      const { gone, all } = resultOf(await runtime.run()) as { gone: number; all: string };
      // Some may still be held by what an engine finds on its stack.
      expect(gone).toBeGreaterThan(900);
      expect(all).toBe('undefined');
    });
  });

  describe(`${name}: between calls`, () => {
    test('the code goes on', async () => {
      await using runtime = await started(`let ticks = 0; setInterval(() => { ticks += 1 }, 1);
        async function main({ wait }) { if (wait) await new Promise((done) => setTimeout(done, 30)); return { ticks } }`);
      const before = resultOf(await runtime.run()) as { ticks: number };
      await Bun.sleep(30);
      const after = resultOf(await runtime.run()) as { ticks: number };
      expect(after.ticks).toBeGreaterThan(before.ticks);
    });

    test('what is to be done at once is done before a run begins that was sent ahead', async () => {
      await using runtime = await started(`let left = 0;
        function main() {
          const before = left;
          Promise.resolve().then(() => Promise.resolve()).then(() => left++);
          return { before };
        }`);
      const calls = await Promise.all(runsAhead(runtime, [{}, {}, {}]));
      expect(calls.map(resultOf)).toEqual([0, 1, 2].map((before) => ({ before })));
    });
  });
}
