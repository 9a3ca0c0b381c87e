import { describe, expect, test } from 'bun:test';
import { failureOf, initialized, resultOf, type TestRuntime } from '../util/runtime.ts';
import type { Engine } from './runtime-javascript-code.ts';

/** What becomes of runs that are sent ahead in JavaScript, under Bun and Node alike. */
export function testJavaScriptAhead({ name, command }: Engine): void {
  const started = (code: string) => initialized(command, code);
  /** A run, and others that are sent ahead, all in one turn. */
  const runs = (runtime: TestRuntime, args: readonly unknown[]) =>
    args.map((each, n) => runtime.run(each, { isAhead: n > 0 }));

  describe(`${name}: runs that are sent ahead`, () => {
    test('are begun one after the other, also where they wait for something', async () => {
      await using runtime = await started(`let busy = 0;
        async function main({ n }) {
          const others = busy++;
          console.log('run ' + n, process.env.__OW_ACTIVATION_ID);
          await new Promise((done) => setTimeout(done, 2));
          busy--;
          return { n, others };
        }`);
      const calls = await Promise.all(runs(runtime, [{ n: 0 }, { n: 1 }, { n: 2 }]));
      expect(calls.map(resultOf)).toEqual([0, 1, 2].map((n) => ({ n, others: 0 })));
      expect(calls.map(({ lines }) => lines)).toEqual(
        // An init came before them.
        [0, 1, 2].map((n) => [`stdout: run ${n} ${String(n + 2).padStart(32, '0')}`]),
      );
    });

    test('are begun when what the run before has left to do at once is done', async () => {
      await using runtime = await started(`let left = 0;
        function main() {
          const before = left;
          Promise.resolve().then(() => Promise.resolve()).then(() => left++);
          return { before };
        }`);
      const calls = await Promise.all(runs(runtime, [{}, {}, {}]));
      expect(calls.map(resultOf)).toEqual([0, 1, 2].map((before) => ({ before })));
    });

    test('say how long they were, without the time that they waited', async () => {
      await using runtime = await started('const main = ({ ms }) => new Promise((done) => setTimeout(done, ms, {}))');
      const calls = await Promise.all(runs(runtime, [{ ms: 100 }, { ms: 1 }]));
      const [first, second] = calls.map(({ answer }) => (answer.type === 'result' ? (answer.tookUs ?? 0) : 0));
      expect(first).toBeGreaterThan(95_000);
      expect(second).toBeGreaterThan(0);
      expect(second).toBeLessThan(first ?? 0);
    });

    test('are given back when they are recalled, and not begun; what is begun goes on', async () => {
      await using runtime = await started(`let count = 0;
        const main = ({ ms }) => (count++, new Promise((done) => setTimeout(() => done({ count }), ms)))`);
      const [first, ...others] = runs(runtime, [{ ms: 50 }, { ms: 0 }, { ms: 0 }]);
      runtime.talk.recall();
      const given = await Promise.all(others);
      expect(given.map(({ answer }) => answer)).toEqual([{ type: 'unbegun' }, { type: 'unbegun' }]);
      expect(await first?.then(resultOf)).toEqual({ count: 1 });
      expect(resultOf(await runtime.run({ ms: 0 }))).toEqual({ count: 2 });
    });

    test('can be recalled when there are none', async () => {
      await using runtime = await started('const main = (args) => args');
      runtime.talk.recall();
      expect(resultOf(await runtime.run({ n: 1 }))).toEqual({ n: 1 });
      runtime.talk.recall();
      expect(resultOf(await runtime.run({ n: 2 }))).toEqual({ n: 2 });
    });

    test('are not begun after one that failed', async () => {
      await using runtime = await started(`let count = 0;
        function main({ bad }) { count++; if (bad) throw new Error('boom'); return { count } }`);
      const [first, ...others] = runs(runtime, [{ bad: true }, {}, {}]);
      const answered = others.map((other) => other.catch(() => 'never'));
      expect(failureOf(await (first as NonNullable<typeof first>))).toBe('An error has occurred: Error: boom');
      const late = runtime.run({}, { isAhead: true }).catch(() => 'never');
      expect(resultOf(await runtime.run())).toEqual({ count: 2 });
      await runtime.place.destroy();
      expect(await Promise.all([...answered, late])).toEqual(['never', 'never', 'never']);
    });
  });
}
