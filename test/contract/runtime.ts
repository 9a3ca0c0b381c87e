import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { messages } from '../../src/model/messages.ts';
import { LogCollector } from '../../src/protocol/logs.ts';
import { type Files, tarGz, zip } from '../util/archive.ts';
import { failureOf, initialized, RESULT_LIMIT, resultOf, TestRuntime, WatchedLogs } from '../util/runtime.ts';

/**
 * What every runtime of the stdio protocol does, whatever its language. The samples do the same in each; the sentences
 * are those of OpenWhisk's runtime for that language.
 */
export interface Language {
  readonly name: string;
  readonly command: readonly string[];
  readonly concurrent: boolean;
  readonly code: {
    /** Returns its arguments. */
    readonly echo: string;
    /** The same, as a function `niam`. */
    readonly niam: string;
    /** `{winter: delimiter + ' ☃ ' + delimiter}`, printed too. */
    readonly unicode: string;
    /** Answers environment variables by their names in `names`. */
    readonly env: string;
    /** Answers `{at_load: …}`: the variable SOME_VAR as it was when the code was loaded. */
    readonly envAtLoad: string;
    /** Prints `out 1` `err 1`, a child that prints `child out` and `child err`, then to descriptor 1 `raw`, then `out 2`. */
    readonly prints: string;
    /** Prints `at load` while it is loaded. */
    readonly printsAtLoad: string;
    /** Prints `no end` without an end of line. */
    readonly printsUnfinished: string;
    /** Prints `line 0`, `line 1`… `count` times. */
    readonly printsMany: string;
    /** Prints `before`, and then blocks its thread for ever. */
    readonly hangs: string;
    /** Starts something that prints `later` in 50 ms, and answers without waiting; with `wait` it takes 200 ms. */
    readonly printsLater: string;
    /** Prints `last words` and ends the process. */
    readonly exits: string;
    readonly exitsAtLoad: string;
    readonly throws: string;
    readonly returnsText: string;
    readonly returnsNull: string;
    readonly returnsList: string;
    /** `{text: 'é' repeated so often}`. */
    readonly returnsLong: string;
    readonly syntaxError: string;
    readonly noMain: string;
    /** Answers `{text}`: all that it reads from its standard input. */
    readonly readsInput: string;
  };
  readonly archives: {
    /** Two modules: the answer is `{echo: args}`. */
    readonly modules: Files;
    /** Reads `data.txt` of the current folder: `{text}`. */
    readonly reads: Files;
    /** Runs `./tool`, an executable script that prints `from the tool`: `{text}`. */
    readonly runsTool: Files;
    readonly withoutMain: Files;
  };
  readonly says: {
    readonly throws: (call: { answer: unknown; lines: readonly string[] }) => void;
    readonly notDictionary: string;
    readonly syntaxError: RegExp;
    readonly noMain: RegExp;
    readonly noCode: string;
    readonly badArchive: RegExp;
    readonly withoutMain: RegExp;
    /** What an exit in `main` is answered with; undefined where the process is gone. */
    readonly exits: string | undefined;
    readonly exitsAtLoad: string | undefined;
  };
}

export function testRuntime({ name, command, concurrent, code, archives, says }: Language): void {
  const started = (text: string, options = {}) => initialized(command, text, options);

  describe(`${name}: calls (PROT-09)`, () => {
    test('are answered with what main returned', async () => {
      await using runtime = await started(code.echo);
      expect(runtime.talk.concurrent).toBe(concurrent);
      for (const args of [{}, { text: 'hello' }, { list: [1, 2.5, null, true], map: { a: { b: 'c' } } }]) {
        expect(resultOf(await runtime.run(args))).toEqual(args);
      }
    });

    test('take and give arrays (ACT-15)', async () => {
      await using runtime = await started(code.echo);
      expect(resultOf(await runtime.run(['a', { b: 1 }]))).toEqual(['a', { b: 1 }]);
      await using lists = await started(code.returnsList);
      expect(resultOf(await lists.run())).toEqual(['a', 'b']);
    });

    test('take and give a payload of almost 1 MB', async () => {
      await using runtime = await started(code.echo);
      const args = { text: 'x☃'.repeat(RESULT_LIMIT / 4 - 100) };
      expect(resultOf(await runtime.run(args))).toEqual(args);
    });

    test('take code of several megabytes', async () => {
      const filler = `${'# // filler\n'.replace('# ', name.includes('Python') ? '# ' : '')}`.repeat(400_000);
      await using runtime = await started(`${filler}${code.echo}`);
      expect(resultOf(await runtime.run({ a: 1 }))).toEqual({ a: 1 });
    });

    test('keep every character, in code, arguments, logs and results', async () => {
      await using runtime = await started(code.unicode);
      const call = await runtime.run({ delimiter: '❄' });
      expect(resultOf(call)).toEqual({ winter: '❄ ☃ ❄' });
      expect(call.lines).toEqual(['stdout: ❄ ☃ ❄']);
    });

    test('go to the function that main names', async () => {
      await using runtime = await started(code.niam, { main: 'niam' });
      expect(resultOf(await runtime.run({ a: 1 }))).toEqual({ a: 1 });
    });

    test('see the environment of their activation (PROT-03)', async () => {
      const env = { __OW_API_HOST: 'http://localhost:3233', __OW_ACTION_NAME: '/guest/hello', MINE: 'y ☃' };
      await using runtime = await started(code.env, { env });
      const names = [...Object.keys(env), '__OW_ACTIVATION_ID', '__OW_TRANSACTION_ID', '__OW_DEADLINE', '__OW_API_KEY'];
      const id = 'a'.repeat(32);
      expect(resultOf(await runtime.run({ names }, { id, apiKey: 'uuid:key' }))).toEqual({
        ...env,
        __OW_ACTIVATION_ID: id,
        __OW_TRANSACTION_ID: `t-${id}`,
        __OW_DEADLINE: '1795430526881',
        __OW_API_KEY: 'uuid:key',
      });
    });

    test('find the init parameters in the environment when the code is loaded', async () => {
      await using runtime = await started(code.envAtLoad, { env: { SOME_VAR: 'xyz' } });
      expect(resultOf(await runtime.run())).toEqual({ at_load: 'xyz' });
    });

    test('read nothing from standard input: the frames are not there', async () => {
      await using runtime = await started(code.readsInput);
      expect(resultOf(await runtime.run())).toEqual({ text: '' });
      expect(resultOf(await runtime.run())).toEqual({ text: '' });
    });
  });

  describe(`${name}: logs`, () => {
    test('have all lines of both streams in order, with those of children and descriptors', async () => {
      await using runtime = await started(code.prints);
      for (let round = 0; round < 3; round += 1) {
        const { lines } = await runtime.run();
        expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(
          ['out 1', 'child out', 'raw', 'out 2'].map((text) => `stdout: ${text}`),
        );
        expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(['stderr: err 1', 'stderr: child err']);
        expect(lines.slice(0, 2)).toEqual(['stdout: out 1', 'stderr: err 1']);
        expect(lines.at(-1)).toBe('stdout: out 2');
      }
    });

    test('are complete when much is printed at once', async () => {
      await using runtime = await started(code.printsMany);
      const { lines } = await runtime.run({ count: 30_000 });
      expect(lines.length).toBe(30_000);
      expect(lines.every((line, index) => line === `stdout: line ${index}`)).toBe(true);
    });

    test('belong to init when printed while the code is loaded', async () => {
      await using runtime = await TestRuntime.start(command);
      expect((await runtime.init(code.printsAtLoad)).lines).toEqual(['stdout: at load']);
      expect((await runtime.run()).lines).toEqual([]);
    });

    test('have the last line even without its end', async () => {
      await using runtime = await started(code.printsUnfinished);
      expect((await runtime.run()).lines).toEqual(['stdout: no end']);
      expect((await runtime.run()).lines).toEqual(['stdout: no end']);
    });

    test('are cut at the limit, and the next call has its own', async () => {
      await using runtime = await started(code.printsMany);
      const { lines } = await runtime.run({ count: 1000 }, { logs: new LogCollector(20) });
      expect(lines).toEqual([
        'stdout: line 0',
        'stdout: line 1',
        'stdout: line 2',
        `stderr: ${messages.logsTruncated(20)}`,
      ]);
      expect((await runtime.run({ count: 2 }, { logs: new LogCollector(0) })).lines).toEqual([]);
      expect((await runtime.run({ count: 2 })).lines).toEqual(['stdout: line 0', 'stdout: line 1']);
    });

    test('are not sent any further once the limit is passed', async () => {
      await using runtime = await started(code.printsMany);
      const logs = new WatchedLogs();
      await runtime.run({ count: 100_000 }, { logs: Object.assign(logs, { limitBytes: 100 }) });
      expect(logs.lines.length).toBeLessThan(20);
    });

    test('come while the call is under way, also from code that then blocks for ever', async () => {
      await using runtime = await started(code.hangs);
      const logs = new WatchedLogs();
      const call = runtime.run({}, { logs }).then(
        () => 'answered',
        () => 'ended',
      );
      await logs.seen('before');
      await runtime.place.destroy();
      expect(await call).toBe('ended');
    });

    test('have what was printed between calls at the next one', async () => {
      await using runtime = await started(code.printsLater);
      expect((await runtime.run({})).lines).toEqual([]);
      expect((await runtime.run({ wait: true })).lines).toContain('stdout: later');
    });
  });

  describe(`${name}: failures`, () => {
    test('of main are told as OpenWhisk tells them', async () => {
      await using runtime = await started(code.throws);
      says.throws(await runtime.run());
    });

    test('a result that is no dictionary', async () => {
      await using runtime = await started(code.returnsText);
      expect(failureOf(await runtime.run())).toBe(says.notDictionary);
    });

    test('a null is passed on, for the node to refuse', async () => {
      await using runtime = await started(code.returnsNull);
      expect(resultOf(await runtime.run())).toBeNull();
    });

    test('a result over the limit comes cut, with its whole size', async () => {
      await using runtime = await started(code.returnsLong);
      const { answer } = await runtime.run({ count: RESULT_LIMIT });
      const size = Buffer.byteLength('{"text":""}') + 2 * RESULT_LIMIT;
      if (answer.type !== 'result') throw new Error(JSON.stringify(answer));
      expect(answer.size).toBe(size);
      expect(Buffer.byteLength(answer.value)).toBeGreaterThan(RESULT_LIMIT - 2);
      expect(Buffer.byteLength(answer.value)).toBeLessThanOrEqual(RESULT_LIMIT);
      expect(answer.value).toMatch(/^\{"text":"é+$/);
    });

    test('code that cannot be parsed', async () => {
      await using runtime = await TestRuntime.start(command);
      const call = await runtime.init(code.syntaxError);
      expect(failureOf(call)).toMatch(says.syntaxError);
      expect(call.lines.join('\n')).toContain('SyntaxError');
      expect(call.lines.every((line) => line.startsWith('stderr: '))).toBe(true);
    });

    test('code without the function', async () => {
      await using runtime = await TestRuntime.start(command);
      const call = await runtime.init(code.noMain);
      expect(failureOf(call)).toMatch(says.noMain);
      expect(call.lines.length).toBeGreaterThan(0);
    });

    test('no code at all', async () => {
      await using runtime = await TestRuntime.start(command);
      expect(failureOf(await runtime.init(''))).toBe(says.noCode);
    });

    test('a process that ends in main: its lines are there', async () => {
      await using runtime = await started(code.exits);
      const logs = new WatchedLogs();
      const outcome = await runtime.run({}, { logs }).then(failureOf, () => undefined);
      expect(outcome).toBe(says.exits as string);
      expect(logs.lines).toContain('stdout: last words');
    });

    test('a process that ends while the code is loaded: its lines are there', async () => {
      await using runtime = await TestRuntime.start(command);
      const logs = new WatchedLogs();
      const outcome = await runtime.init(code.exitsAtLoad, { logs }).then(failureOf, () => undefined);
      expect(outcome).toBe(says.exitsAtLoad as string);
      expect(logs.lines).toContain('stdout: last words');
    });
  });

  describe(`${name}: archives`, () => {
    test('zip and tar.gz, of several modules', async () => {
      for (const archive of [zip(archives.modules), await tarGz(archives.modules)]) {
        await using runtime = await started(archive, { binary: true });
        expect(resultOf(await runtime.run({ a: 1 }))).toEqual({ echo: { a: 1 } });
      }
    });

    test('are the current folder of the code', async () => {
      await using runtime = await started(zip(archives.reads), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ text: 'this is data' });
    });

    test('keep what may be executed, and links inside of them', async () => {
      for (const make of [zip, tarGz]) {
        const files: Files = { ...archives.runsTool, tool: { content: 'bin/tool.sh', link: true } };
        await using runtime = await started(await make(files), { binary: true });
        expect(resultOf(await runtime.run())).toEqual({ text: 'from the tool' });
      }
    });

    test('that are none', async () => {
      for (const text of ['Cela n est pas un zip', 'PK\x03\x04 but not really', '\x1f\x8b\x08 nor this']) {
        await using runtime = await TestRuntime.start(command);
        const call = await runtime.init(Buffer.from(text, 'latin1').toString('base64'), { binary: true });
        expect(failureOf(call)).toMatch(says.badArchive);
        expect(call.lines.length).toBeGreaterThan(0);
      }
    });

    test('without a main file', async () => {
      await using runtime = await TestRuntime.start(command);
      const call = await runtime.init(zip(archives.withoutMain), { binary: true });
      expect(failureOf(call)).toMatch(says.withoutMain);
    });

    test('write nothing outside of their folder', async () => {
      for (const make of [zip, tarGz]) {
        for (const path of ['../../../escaped', '/tmp/whisklet-test-escaped']) {
          await using runtime = await TestRuntime.start(command);
          await runtime.init(await make({ ...archives.reads, [path]: 'x' }), { binary: true });
          expect(existsSync(`${runtime.place.folder}/escaped`)).toBe(false);
          expect(existsSync('/tmp/whisklet-test-escaped')).toBe(false);
        }
      }
    });

    test('leave out links that lead outside, and write through none', async () => {
      for (const make of [zip, tarGz]) {
        for (const to of ['../../..', '/tmp']) {
          const files: Files = { ...archives.reads, out: { content: to, link: true } };
          await using runtime = await started(await make(files), { binary: true });
          expect(resultOf(await runtime.run())).toEqual({ text: 'this is data' });
          const through: Files = { ...files, 'out/escaped': 'x' };
          await using another = await TestRuntime.start(command);
          await another.init(await make(through), { binary: true });
          expect(existsSync(`${another.place.folder}/escaped`)).toBe(false);
          expect(existsSync('/tmp/escaped')).toBe(false);
        }
      }
    });

    test('that unpack to far more than they are', async () => {
      const bomb = { content: Buffer.alloc(2 * 1024 * 1024), claimedSize: 10 };
      await using runtime = await TestRuntime.start(command);
      expect(failureOf(await runtime.init(zip({ ...archives.reads, bomb }), { binary: true }))).toMatch(
        says.badArchive,
      );
      const huge = { content: Buffer.alloc(1024), claimedSize: 2 ** 32 - 2 };
      await using another = await TestRuntime.start(command);
      expect(failureOf(await another.init(zip({ ...archives.reads, huge }), { binary: true }))).toMatch(
        says.badArchive,
      );
    });
  });

  describe(`${name}: its process`, () => {
    test('ends when the node is gone', async () => {
      await using runtime = await started(code.echo);
      runtime.place.closeStdin();
      expect(await runtime.place.exited).toMatchObject({ code: 0, lastWords: '' });
    });

    test('ends when it is told to', async () => {
      await using runtime = await started(code.echo);
      runtime.talk.stop();
      expect(await runtime.place.exited).toMatchObject({ code: 0, lastWords: '' });
    });

    test('ends on SIGTERM', async () => {
      await using runtime = await started(code.echo);
      runtime.place.kill('SIGTERM');
      expect((await runtime.place.exited).code).toBe(143);
    });

    test('says on stderr why it cannot start', async () => {
      const start = TestRuntime.start(command, { TMPDIR: '/nonexistent' });
      await expect(start).rejects.toThrow(/nonexistent/);
    });
  });
}
