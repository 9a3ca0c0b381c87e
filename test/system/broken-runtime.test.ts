import { afterAll, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestNode } from '../util/node.ts';
import { temporaryFolder } from '../util/whisklet.ts';

/** Runtimes that are none, as a manifest of the operator's own may name them: programs that every Linux host has. */

const folder = temporaryFolder();
const manifest = join(folder.path, 'runtimes.json');
const kind = (program: string) => ({
  kind: `${program}:1`,
  image: 'none',
  default: true,
  stemCells: [{ initialCount: 1, memory: '256 MB' }],
  whisklet: { protocol: 'stdio', family: 'python', commands: [program] },
});
const script = {
  kind: 'nodejs:20',
  image: 'none',
  default: true,
  whisklet: { protocol: 'stdio', family: 'javascript' },
};
writeFileSync(
  manifest,
  JSON.stringify({
    runtimes: { yes: [kind('yes')], true: [kind('true')], no: [kind('no-such-program')], nodejs: [script] },
  }),
);

const node = new TestNode({ args: ['--manifest', manifest] });
beforeAll(() => node.start());
afterAll(async () => {
  await node.end();
  folder.remove();
});

const code = 'function main(args) { return args; }';

test.each([
  ['writes garbage instead of frames', 'yes:1', /^The runtime broke its protocol and was ended: /],
  ['ends at once', 'true:1', /^The runtime broke its protocol and was ended: /],
])('a runtime that %s fails its own calls, and no others', async (_, kind, sentence) => {
  await node.ask('PUT', 'actions/odd', { body: { exec: { kind, code: 'x' } } });
  const calls = await Promise.all([1, 2, 3].map(() => node.invoke('odd')));
  for (const { status, json } of calls) {
    expect([status, json.response.status]).toEqual([500, 'whisk internal error']);
    expect(json.response.result.error).toMatch(sentence);
  }
  await node.ask('DELETE', 'actions/odd');
  await node.put('fine', code);
  expect((await node.invoke('fine', { a: 1 })).json.response.result).toEqual({ a: 1 });
});

test('a runtime whose program is not here is told at the start, and is no kind of this node', async () => {
  expect(node.process.banner).toMatch(/not no-such-program:1: .*no-such-program/);
  const { status, json } = await node.ask('PUT', 'actions/none', {
    body: { exec: { kind: 'no-such-program:1', code } },
  });
  expect([status, json.error]).toEqual([400, expect.stringContaining("'no-such-program:1' is not supported")]);
});
