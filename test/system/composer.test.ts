import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import composer from 'openwhisk-composer';
import connect from 'openwhisk-composer/client';
import { GUEST_KEY, sandboxes, TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';

type Task = Parameters<typeof composer.task>[0];

/** What the composer makes of compositions, deployed by its own client, on a node (ACT-06). */

// A composition is many cold starts in a row.
setDefaultTimeout(60_000);

interface Numbered {
  value: number;
}

for (const sandbox of sandboxes()) {
  describe(`the composer (CAT-04) in the ${sandbox} sandbox`, () => {
    const node = new TestNode({ sandbox });
    beforeAll(async () => {
      await node.start();
      await node.put('increment', 'function main({ value }) { return { value: value + 1 } }');
      await node.put('double', 'function main({ value }) { return { value: value * 2 } }');
      await node.put('small', 'function main({ value }) { return { value: value < 5 } }');
      await node.put('fail', 'function main() { return { error: "it failed" } }');
      await node.put('echo', 'function main(params) { return params }');
    });
    afterAll(() => node.end());

    const run = async (composition: Task, params: object = {}) => {
      const client = connect({ apihost: node.address, api_key: GUEST_KEY });
      const compiled = composer.task(composition).compile();
      await client.compositions.deploy({ name: 'composition', ...compiled }, true);
      const { json } = await node.invoke('composition', params);
      return json;
    };
    const resultOf = async (composition: Task, params: object = {}): Promise<unknown> => {
      const { response } = await run(composition, params);
      return response.result;
    };

    test('runs actions in a row, and records them', async () => {
      const { response, logs } = await run(composer.seq('increment', 'double', '/_/increment'), { value: 3 });
      expect(response).toMatchObject({ status: 'success', result: { value: 9 } });
      expect(logs).toHaveLength(7);
    });

    test('runs functions in the conductor itself', async () => {
      const composition = composer.seq(({ value }: Numbered) => ({ value: value + 10 }), 'double');
      expect(await resultOf(composition, { value: 1 })).toEqual({ value: 22 });
    });

    test('deploys the actions that a composition defines', async () => {
      const square = composer.action('square', { action: ({ value }: Numbered) => ({ value: value * value }) });
      expect(await resultOf(composer.seq(square, 'increment'), { value: 4 })).toEqual({ value: 17 });
    });

    test('chooses', async () => {
      const composition = composer.if('small', 'double', 'increment');
      expect(await resultOf(composition, { value: 4 })).toEqual({ value: 8 });
      expect(await resultOf(composition, { value: 5 })).toEqual({ value: 6 });
    });

    test('loops while a condition holds, and until it does not', async () => {
      expect(await resultOf(composer.while('small', 'increment'), { value: 1 })).toEqual({ value: 5 });
      expect(await resultOf(composer.dowhile('double', 'small'), { value: 7 })).toEqual({ value: 14 });
      expect(await resultOf(composer.repeat(3, 'double'), { value: 1 })).toEqual({ value: 8 });
    });

    test('keeps variables from step to step', async () => {
      const composition = composer.let(
        { n: 2 },
        'increment',
        // Evaluated in the conductor, where the variable is.
        new Function('params', 'n += params.value; return { value: n }') as Task,
        'double',
      );
      expect(await resultOf(composition, { value: 1 })).toEqual({ value: 8 });
    });

    test('retains and merges parameters', async () => {
      const retained = await resultOf(composer.retain('double'), { value: 2 });
      expect(retained).toEqual({ params: { value: 2 }, result: { value: 4 } });
      expect(await resultOf(composer.merge('double'), { value: 2, more: 1 })).toEqual({ value: 4, more: 1 });
    });

    test('catches errors, and ends with those that nobody catches', async () => {
      const handler = ({ error }: { error: string }) => ({ caught: error });
      expect(await resultOf(composer.try('fail', handler))).toEqual({ caught: 'it failed' });
      expect(await resultOf(composer.finally('fail', handler))).toEqual({ caught: 'it failed' });
      const { response } = await run(composer.seq('fail', 'increment'), { value: 1 });
      expect(response).toMatchObject({ status: 'application error', result: { error: 'it failed' } });
    });

    test('hears of an action that is not there, and may recover', async () => {
      const handler = ({ error }: { error: string }) => ({ caught: error });
      expect(await resultOf(composer.try('nowhere', handler))).toEqual({
        caught: "Failed to resolve action with name 'guest/nowhere' during composition.",
      });
    });

    test('retries', async () => {
      const composition = composer.let(
        { tries: 0 },
        composer.retry(3, new Function('return tries++ < 2 ? { error: "again" } : { value: tries }') as Task),
      );
      expect(await resultOf(composition)).toEqual({ value: 3 });
      expect(await resultOf(composer.retry(1, 'fail'))).toEqual({ error: 'it failed' });
    });

    test('calls actions by a name that is known only when it runs', async () => {
      const params = { type: 'action', name: 'double', params: { value: 21 } };
      expect(await resultOf(composer.dynamic(), params)).toEqual({ value: 42 });
    });

    test('goes on in the background: the conductor invokes itself through the SDK', async () => {
      const { response } = await run(composer.async('double'), { value: 2 });
      const { method, activationId } = response.result;
      expect(method).toBe('async');
      expect((await recordOf(node, activationId)).response.result).toEqual({ value: 4 });
    });

    test('has branches at once only with Redis, and says so', async () => {
      expect(await resultOf(composer.par('double', 'increment'), { value: 2 })).toEqual({
        error: 'Parallel combinator requires a properly configured redis instance',
      });
    });

    test('is part of a sequence, and of another composition', async () => {
      await run(composer.seq('increment', 'double'), { value: 1 });
      const body = { exec: { kind: 'sequence', components: ['/_/composition', '/_/increment'] } };
      await node.ask('PUT', 'actions/around?overwrite=true', { body });
      expect((await node.invoke('around', { value: 1 })).json.response.result).toEqual({ value: 5 });
    });
  });
}
