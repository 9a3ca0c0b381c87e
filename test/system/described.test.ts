import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Described, operationsOf } from '../util/described.ts';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import {
  calling,
  deleting,
  looking,
  lookingAround,
  making,
  reading,
  refused,
  type Step,
  shut,
  waiting,
} from '../util/walk.ts';

/** A whole node answers as it describes itself. */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

async function ask({ method, path, body, open }: Step) {
  const whole = path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`;
  const response = await fetch(node.address + whole, {
    method,
    redirect: 'manual',
    headers: {
      ...(open ? {} : { authorization: `Basic ${btoa(GUEST_KEY)}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { whole, status: response.status, headers: response.headers, text: await response.text() };
}

test('every operation answers as it is described (EP-04, STD-21)', async () => {
  const { json } = await node.ask('GET', '/api/v1/api-docs', { key: null });
  const described = new Described(json);
  const walk = async (steps: readonly Step[]) => {
    for (const step of steps) {
      const answer = await ask(step);
      const { method, path, status } = step;
      expect([method, path, answer.status, answer.text]).toEqual([method, path, status, answer.text]);
      expect(described.problems(method, answer.whole, answer)).toEqual([]);
    }
  };
  await walk(lookingAround);
  await walk(making);
  await walk(reading);
  await walk(calling);
  const begun = await node.ask('POST', 'actions/slow');
  await walk(waiting(begun.json.activationId));
  const { text } = await ask({ method: 'GET', path: 'activations?name=echo&limit=1', status: 200 });
  await walk(looking((JSON.parse(text) as { activationId: string }[])[0]?.activationId as string));
  await walk(refused);
  await walk(deleting);
  await walk(shut);
  const successes = operationsOf(described.document).flatMap(({ operation: { operationId, responses } }) =>
    Object.keys(responses)
      .filter((status) => /^[23d]|502/.test(status))
      .map((status) => `${operationId} ${status}`),
  );
  expect(successes.filter((each) => !described.seen.has(each))).toEqual([]);
});
