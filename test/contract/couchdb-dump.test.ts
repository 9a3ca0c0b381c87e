import { expect, test } from 'bun:test';
import { CouchClient } from '../../src/store/couchdb/client.ts';
import { dumpCouch } from '../../src/store/couchdb/dump.ts';

const MB = 1024 * 1024;

test('a dump of CouchDB reads fewer documents at once where they are large', async () => {
  const limits: Record<string, string | null> = {};
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ url }) => {
      const { pathname, searchParams } = new URL(url);
      const [, db = '', view] = pathname.split('/');
      const external = 1000 * (db === 'activations' ? 2 * MB : 100);
      if (view === undefined) return Response.json({ doc_count: 1000, sizes: { external } });
      limits[db] = searchParams.get('limit');
      return Response.json({ rows: [] });
    },
  });
  const client = new CouchClient({ url: server.url.href, timeoutMs: 5000 });
  const names = { subjects: 'subjects', whisks: 'whisks', activations: 'activations' };
  for await (const _item of dumpCouch(client, names, { withRecords: true, onSkipped: () => undefined }));
  client.close();
  expect(limits).toEqual({ subjects: '200', whisks: '200', activations: '8' });
});
