import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { traced } from '../util/strace.ts';
import { findTool } from '../util/tools.ts';

/** Answers that are larger than what a socket is sent at once by itself. */

const strace = need('strace', findTool('strace'));
const node = new TestNode();
beforeAll(async () => {
  await node.start();
  await node.put('echo', 'function main(args) { return args; }');
  await node.put('page', 'function main({ length }) { return { body: "é".repeat(length) }; }', {
    annotations: [{ key: 'web-export', value: true }],
  });
});
afterAll(() => node.end());

const echo = (body: string) => node.ask('POST', 'actions/echo?blocking=true&result=true', { body });

describe('a large answer', () => {
  test.each([
    ['ASCII', 'x'],
    ['characters of one unit and several bytes', 'é'],
    ['characters of two units', '😀'],
    ['what is escaped', '\\u2603\\n\\"'],
  ])('is whole, and says how long it is: %s', async (_what, piece) => {
    for (const bytes of [14_000, 16_000, 100_000, 1_000_000]) {
      const text = `{"list":["${piece.repeat(Math.floor(bytes / Buffer.byteLength(piece)))}"]}`;
      const answer = await echo(text);
      // The runtime writes characters that were escaped as themselves.
      const expected = JSON.stringify(JSON.parse(text));
      expect([answer.status, answer.text === expected]).toEqual([200, true]);
      expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(expected)));
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
  });

  test('of a web action, too', async () => {
    const answer = await node.ask('GET', '/api/v1/web/guest/default/page.http?length=50000', { key: null });
    expect([answer.status, answer.text]).toEqual([200, 'é'.repeat(50_000)]);
    expect(answer.headers.get('content-length')).toBe('100000');
    const head = await node.ask('HEAD', '/api/v1/web/guest/default/page.http?length=50000', { key: null });
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '100000']);
  });

  test.skipIf(!strace)('leaves together with its headers', async () => {
    const text = `{"list":["${'x'.repeat(100_000)}"]}`;
    await echo(text);
    const seen = await traced(node.process.pid, () => echo(text));
    const socket = /^\(\d+<[^>]*>/;
    const answered = seen.find(({ rest }) => rest.includes('"HTTP/1.1 '));
    const to = answered && socket.exec(answered.rest)?.[0];
    const sent = seen.filter(
      ({ name, rest }) => /^(sendto|sendmsg|write|writev)$/.test(name) && rest.startsWith(`${to}`),
    );
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThan(4);
  });
});
