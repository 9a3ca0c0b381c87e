import { afterEach, expect, test } from 'bun:test';
import { ChildStreams } from '../../../src/sandbox/local/child-streams.ts';
import { openDescriptors } from '../../util/host-processes.ts';
import { numbered } from '../../util/numbered.ts';
import { until } from '../../util/until.ts';

/** Programs under test: they talk over their standard streams only. */
const running: { pipes: ChildStreams; child: Bun.Subprocess }[] = [];

function start(...argv: string[]) {
  const pipes = new ChildStreams();
  const child = Bun.spawn(argv, { stdio: pipes.childEnds });
  pipes.releaseChildEnds();
  running.push({ pipes, child });
  return { pipes, child };
}

afterEach(async () => {
  for (const { pipes, child } of running.splice(0)) {
    child.kill('SIGKILL');
    await child.exited;
    await pipes.close();
  }
});

/** Resolves when `bytes` bytes have come. */
function collect(pipes: ChildStreams, bytes: number): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Uint8Array[] = [];
  let size = 0;
  pipes.onOutput((chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= bytes) resolve(Buffer.concat(chunks));
  });
  return promise;
}

test('what is written comes back in order, however large', async () => {
  const { pipes } = start('cat');
  const sent = numbered(5_000_000);
  const received = collect(pipes, sent.length);
  for (let at = 0; at < sent.length; at += 70_001) pipes.write(sent.subarray(at, at + 70_001));
  expect((await received).equals(sent)).toBe(true);
});

test('a write to a child that does not read returns at once, and continues when it reads', async () => {
  const { pipes, child } = start('cat');
  child.kill('SIGSTOP');
  const sent = numbered(2_000_000);
  const received = collect(pipes, sent.length + 5);
  pipes.write(sent);
  pipes.write(Buffer.from('after'));
  child.kill('SIGCONT');
  const all = await received;
  expect(all.subarray(0, sent.length).equals(sent)).toBe(true);
  expect(all.subarray(sent.length).toString()).toBe('after');
});

test('a queued write does not change when the caller uses its buffer again', async () => {
  const { pipes, child } = start('cat');
  child.kill('SIGSTOP');
  const buffer = Buffer.alloc(100_000, 'a');
  const received = collect(pipes, 200_000);
  pipes.write(buffer);
  pipes.write(buffer);
  buffer.fill('b');
  child.kill('SIGCONT');
  expect((await received).includes('b')).toBe(false);
});

test('a write to a child that ended is dropped', async () => {
  const { pipes, child } = start('true');
  await child.exited;
  pipes.write(Buffer.from('nobody'));
  pipes.write(Buffer.alloc(1_000_000));
});

test('a write that waits is given up when the child dies', async () => {
  const { pipes, child } = start('sleep', '60');
  pipes.write(Buffer.alloc(1_000_000));
  child.kill('SIGKILL');
  await child.exited;
  await pipes.close();
  running.length = 0;
});

test('drained resolves after the last output', async () => {
  const { pipes } = start('sh', '-c', 'printf 12345');
  let text = '';
  pipes.onOutput((chunk) => {
    text += Buffer.from(chunk).toString();
  });
  await pipes.drained();
  expect(text).toBe('12345');
});

test('output that nobody had read at the end reaches a listener that comes late', async () => {
  const { pipes, child } = start('sh', '-c', 'printf late');
  await child.exited;
  await pipes.close();
  running.length = 0;
  let text = '';
  pipes.onOutput((chunk) => {
    text += Buffer.from(chunk).toString();
  });
  expect(text).toBe('late');
});

test('the last 4 KB of stderr are kept', async () => {
  const { pipes } = start('sh', '-c', 'head -c 10000 /dev/zero | tr "\\0" x >&2; printf end >&2');
  await pipes.drained();
  expect(pipes.lastWords).toBe(`${'x'.repeat(4093)}end`);
});

test('a listener takes stderr instead', async () => {
  const { pipes } = start('sh', '-c', 'printf words >&2');
  let text = '';
  pipes.onErrors((chunk) => {
    text += Buffer.from(chunk).toString();
  });
  await pipes.drained();
  expect(text).toBe('words');
  expect(pipes.lastWords).toBe('');
});

test('no descriptor is left open, and none goes to other children', async () => {
  let before = 0;
  for (let round = 0; round < 60; round++) {
    const { pipes, child } = start('cat');
    if (round % 2) pipes.onOutput(() => {});
    if (round % 3 === 0) pipes.write(Buffer.alloc(200_000));
    child.kill('SIGKILL');
    await child.exited;
    await pipes.close();
    // The first rounds open what Bun keeps for itself.
    if (round === 9) before = openDescriptors();
  }
  running.length = 0;
  // A leak is at least one a round; what other tests of this process open and close meanwhile is less. Bun closes the last ones when it
  // gets to it.
  await until('the descriptors are closed', () => openDescriptors() < before + 25);

  const { pipes: open } = start('cat');
  const { pipes } = start('sh', '-c', 'ls /proc/self/fd | wc -l');
  const answer = await collect(pipes, 1);
  expect(Number(answer.toString())).toBe(4);
  open.write(Buffer.from('x'));
});
