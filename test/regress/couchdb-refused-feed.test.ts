import { expect, test } from 'bun:test';
import { Events } from '../../src/observe/events.ts';
import { StoreRefused } from '../../src/store/store.ts';
import { couchData, startAnyCouch } from '../util/couchdb.ts';
import { errorOf } from '../util/errors.ts';

/** A store that could follow one database and not the other was not opened, but went on following the first for ever. */
test('a store of which only half can be followed leaves nothing behind', async () => {
  const server = await startAnyCouch();
  const said: string[] = [];
  const events = new Events();
  events.said.subscribe(({ text }) => said.push(text));
  let isReady = false;
  const target = new URL(server.url);
  const authorization =
    target.username === '' ? {} : { authorization: `Basic ${btoa(`${target.username}:${target.password}`)}` };
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server.stop());
  const data = couchData(server);
  stack.defer(() => data.remove());
  const between = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      // When all is made, the second feed is refused, after the first has begun.
      if (pathname.endsWith('_local/whisklet') && request.method === 'GET') isReady = true;
      if (isReady && pathname.endsWith('subjects')) {
        await Bun.sleep(200);
        return Response.json({ reason: 'no' }, { status: 400 });
      }
      const body = request.method === 'GET' ? null : await request.text();
      const headers = { ...authorization, 'content-type': 'application/json', 'accept-encoding': 'identity' };
      return fetch(`${target.origin}${pathname}${search}`, { method: request.method, headers, body });
    },
  });
  stack.defer(() => between.stop(true));
  const store = couchData({ ...server, url: between.url.href }, { names: data.names, heartbeatMs: 200, events });
  expect(await errorOf(store.open())).toBeInstanceOf(StoreRefused);
  const before = said.length;
  // A feed that goes on says after some tens of milliseconds that it hears nothing.
  await Bun.sleep(400);
  expect(said.slice(before)).toEqual([]);
});
