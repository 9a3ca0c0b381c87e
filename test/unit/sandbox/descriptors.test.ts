import { afterEach, expect, test } from 'bun:test';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import { openStreams } from '../../../src/sandbox/streams/descriptors.ts';

const opened: ReturnType<typeof openStreams>[] = [];

afterEach(() => {
  for (const pairs of opened.splice(0))
    for (const { read, write } of pairs) for (const fd of [read, write]) closeSync(fd);
});

/** Bytes that the host lets everybody have. */
const allowed = Number(readFileSync('/proc/sys/net/core/wmem_max', 'utf8'));

test('stdin takes the largest payload whole before anybody reads, where the host allows it', () => {
  const streams = openStreams();
  opened.push(streams);
  const [stdin] = streams;
  const frame = Buffer.alloc(1024 * 1024 + 4096, 7);
  expect(writeSync(stdin.write, frame)).toBeGreaterThanOrEqual(allowed >= frame.length ? frame.length : 100_000);
});
