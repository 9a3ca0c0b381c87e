import { expect, test } from 'bun:test';
import { Events } from '../../../src/observe/events.ts';
import { type LogOptions, logTo } from '../../../src/observe/log.ts';

function logged(options: Partial<LogOptions>): { events: Events; lines: string[] } {
  const events = new Events();
  const lines: string[] = [];
  logTo(events, { level: 'info', format: 'text', write: (line) => lines.push(line), ...options });
  return { events, lines };
}

test('lines have OpenWhisk’s form (LOG-05)', () => {
  const { events, lines } = logged({});
  events.said.publish({ level: 'warn', transactionId: 'abc', from: 'invoker', text: 'it is late' });
  expect(lines).toEqual([expect.stringMatching(/^\[2\d{3}-[^\]]+Z\] \[WARN\] \[#tid_abc\] \[invoker\] it is late\n$/)]);
});

test('what is less important than the level is not written', () => {
  const { events, lines } = logged({ level: 'warn' });
  events.info('store', 'quiet');
  events.error('store', 'loud');
  expect(lines.length).toBe(1);
});

test('moves of containers are told at debug', () => {
  const moved = { id: 'c1', kind: 'nodejs:20', memory: 256, from: 'ready', to: 'closing', why: 'idle' };
  const { events, lines } = logged({ level: 'debug' });
  events.containerMoved.publish(moved);
  expect(lines[0]).toContain('container c1 (nodejs:20): ready → closing: idle');
  const quiet = logged({});
  quiet.events.containerMoved.publish(moved);
  expect(quiet.lines).toEqual([]);
});

test('JSON lines carry the same', () => {
  const { events, lines } = logged({ format: 'json' });
  events.error('api', 'broken "quote"');
  expect(JSON.parse(lines[0] as string)).toEqual({
    time: expect.any(String),
    level: 'error',
    from: 'api',
    text: 'broken "quote"',
  });
});
