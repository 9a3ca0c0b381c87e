import { describe, expect, test } from 'bun:test';
import { failureOf, initialized, resultOf, type TestRuntime } from '../util/runtime.ts';

export interface AheadSubject {
  readonly name: string;
  readonly command: readonly string[];
  readonly code: {
    /** `{n}`: prints `run <n> <activation>`, waits for some milliseconds, and returns `{n, others}`: how many were under way when it began. */
    readonly overlaps: string;
    /** `{ms}`: waits so long, and returns `{count}`: how many were begun until then. */
    readonly waits: string;
    /** `{bad}`: ends in a `failure`; else returns `{count}`: how many were begun. */
    readonly fails: string;
  };
}

/** A run, and others that are sent ahead, all in one turn. */
export function runsAhead(runtime: TestRuntime, args: readonly unknown[]) {
  return args.map((each, n) => runtime.run(each, { isAhead: n > 0 }));
}

/** What becomes of runs that are sent ahead, in each language (docs/protocol.md). */
export function testAhead({ name, command, code }: AheadSubject): void {
  const started = (text: string) => initialized(command, text);

  describe(`${name}: runs that are sent ahead`, () => {
    test('are begun one after the other, also where they wait for something', async () => {
      await using runtime = await started(code.overlaps);
      const calls = await Promise.all(runsAhead(runtime, [{ n: 0 }, { n: 1 }, { n: 2 }]));
      expect(calls.map(resultOf)).toEqual([0, 1, 2].map((n) => ({ n, others: 0 })));
      // An init came before them.
      const lines = [0, 1, 2].map((n) => [`stdout: run ${n} ${String(n + 2).padStart(32, '0')}`]);
      expect(calls.map((call) => call.lines)).toEqual(lines);
    });

    test('say how long they were, without the time that they waited', async () => {
      await using runtime = await started(code.waits);
      const calls = await Promise.all(runsAhead(runtime, [{ ms: 100 }, { ms: 1 }]));
      const [first = 0, second = 0] = calls.map(({ answer }) => (answer.type === 'result' ? answer.tookUs : undefined));
      expect(first).toBeGreaterThan(95_000);
      expect(second).toBeGreaterThan(0);
      expect(second).toBeLessThan(first);
    });

    test('are given back when they are recalled, and not begun; what is begun goes on', async () => {
      await using runtime = await started(code.waits);
      const ended: string[] = [];
      const [first, ...others] = runsAhead(runtime, [{ ms: 1_000 }, { ms: 0 }, { ms: 0 }]).map(async (run, n) => {
        const call = await run;
        ended.push(n === 0 ? 'first' : 'other');
        return call;
      });
      runtime.talk.recall();
      const given = await Promise.all(others);
      expect(given.map(({ answer }) => answer)).toEqual([{ type: 'unbegun' }, { type: 'unbegun' }]);
      expect(await first?.then(resultOf)).toEqual({ count: 1 });
      expect(ended).toEqual(['other', 'other', 'first']);
      expect(resultOf(await runtime.run({ ms: 0 }))).toEqual({ count: 2 });
    });

    test('can be recalled when there are none', async () => {
      await using runtime = await started(code.waits);
      runtime.talk.recall();
      expect(resultOf(await runtime.run({ ms: 0 }))).toEqual({ count: 1 });
      runtime.talk.recall();
      expect(resultOf(await runtime.run({ ms: 0 }))).toEqual({ count: 2 });
    });

    test('are not begun after one that failed', async () => {
      await using runtime = await started(code.fails);
      const [first, ...others] = runsAhead(runtime, [{ bad: true }, {}, {}]);
      const answered = others.map((other) => other.catch(() => 'never'));
      expect(failureOf(await (first as NonNullable<typeof first>))).toBeString();
      const late = runtime.run({}, { isAhead: true }).catch(() => 'never');
      expect(resultOf(await runtime.run())).toEqual({ count: 2 });
      await runtime.place.destroy();
      expect(await Promise.all([...answered, late])).toEqual(['never', 'never', 'never']);
    });
  });
}
