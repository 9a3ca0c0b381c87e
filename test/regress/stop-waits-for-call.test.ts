import { expect, test } from 'bun:test';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { connect } from '../util/raw-http.ts';
import { until } from '../util/until.ts';

/**
 * Beyond its drain timeout a node waited for its doors to close before it ended its containers, but the doors waited for
 * the calls in those: it stopped only when the actions did, a minute later. Nor may a client hold it that never ends its request.
 */
test('a node stops in time although a call would run for long, and a client never ends its request', async () => {
  await using node = new TestNode({ args: ['--drain-timeout', '200ms'] });
  await node.start();
  await node.put('long', 'function main() { return new Promise((r) => setTimeout(r, 60_000, {})); }');
  const running = node.invoke('long');
  const endless = await connect(node.address);
  endless.write(
    `POST /api/v1/namespaces/_/actions/long HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa(GUEST_KEY)}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );
  await until('it runs', async () => (await node.pool()).active === 1);
  const began = performance.now();
  expect((await node.stop('SIGTERM')).exit).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  // The call is answered: what became of it stands in its record.
  const { status, json } = await running;
  expect([status, json.response.result.error]).toEqual([
    502,
    'The action did not produce a valid response and exited unexpectedly.',
  ]);
  await endless.closed;
});
