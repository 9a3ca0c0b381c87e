import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FifoStreams } from '../../../src/sandbox/docker/fifo-streams.ts';
import { openDescriptors } from '../../util/host-processes.ts';
import { numbered } from '../../util/numbered.ts';
import { until } from '../../util/until.ts';

/** Shells under test: they talk over the FIFOs of a folder, which is `$0` for them. */
let parent: string;
const opened: FifoStreams[] = [];
const children: Bun.Subprocess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'whisklet-fifos-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.exited;
  }
  await Promise.all(opened.splice(0).map((fifos) => fifos.close()));
  rmSync(parent, { recursive: true });
});

function make(name = 'one'): FifoStreams {
  const fifos = new FifoStreams(join(parent, name));
  opened.push(fifos);
  return fifos;
}

/** Listens from now on; `came` resolves when so many bytes are there, and the FIFOs were released at the first of them. */
function hear(fifos: FifoStreams) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let onChunk = () => {};
  fifos.onOutput((chunk) => {
    fifos.release();
    chunks.push(chunk);
    size += chunk.length;
    onChunk();
  });
  const came = (bytes: number) =>
    new Promise<void>((resolve) => {
      onChunk = () => {
        if (size >= bytes) resolve();
      };
      onChunk();
    });
  return { came, all: () => Buffer.concat(chunks) };
}

/** A shell that says `!`, and then runs the script. */
function start(fifos: FifoStreams, script: string): Bun.Subprocess {
  const argv = ['sh', '-c', `exec <"$0/in" >"$0/out"; printf '!'; ${script}`, fifos.folder];
  const child = Bun.spawn(argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

test('what is written comes back in order, however large', async () => {
  const fifos = make();
  const { came, all } = hear(fifos);
  start(fifos, 'exec cat');
  await came(1);
  const sent = numbered(5_000_000);
  for (let at = 0; at < sent.length; at += 70_001) fifos.write(sent.subarray(at, at + 70_001));
  await came(1 + sent.length);
  expect(all().subarray(1).equals(sent)).toBe(true);
});

test('a write to a place that does not read returns at once, and continues when it reads', async () => {
  const fifos = make();
  const { came, all } = hear(fifos);
  const child = start(fifos, 'exec cat');
  await came(1);
  child.kill('SIGSTOP');
  const sent = numbered(4_000_000);
  fifos.write(sent);
  fifos.write(Buffer.from('after'));
  child.kill('SIGCONT');
  await came(1 + sent.length + 5);
  expect(all().subarray(1, -5).equals(sent)).toBe(true);
  expect(all().subarray(-5).toString()).toBe('after');
});

test('what a place wrote before its end is handed on before it is drained', async () => {
  const fifos = make();
  const { all } = hear(fifos);
  await start(fifos, 'printf last').exited;
  await fifos.drained();
  expect(all().toString()).toBe('!last');
});

test('what a place writes is not drained while a child of it can still write', async () => {
  const fifos = make();
  const { came, all } = hear(fifos);
  await start(fifos, 'exec 3<&0; (read line <&3; printf "%s" "$line") & printf first').exited;
  await came(6);
  fifos.write(Buffer.from('later\n'));
  await fifos.drained();
  expect(all().toString()).toBe('!firstlater');
});

test('one that writes faster than it is heard leaves all else its turn', async () => {
  const fifos = make();
  let bytes = 0;
  fifos.onOutput((chunk) => {
    fifos.release();
    bytes += chunk.length;
    Bun.sleepSync(1);
  });
  start(fifos, 'exec cat /dev/zero');
  let turns = 0;
  await until('it wrote a lot', () => {
    turns++;
    return bytes > 32_000_000;
  });
  expect(turns).toBeGreaterThan(5);
});

test('one that never opened them is drained at once', async () => {
  const fifos = make();
  hear(fifos);
  await fifos.drained();
});

test('the place sees an end when they are closed', async () => {
  const fifos = make();
  const { came } = hear(fifos);
  const child = start(fifos, 'cat; exit 7');
  await came(1);
  await fifos.close();
  expect(await child.exited).toBe(7);
});

test('writes to a place that ended are dropped, and what was queued keeps nobody from closing', async () => {
  const fifos = make();
  const { came } = hear(fifos);
  const child = start(fifos, 'exec sleep 100');
  await came(1);
  fifos.write(Buffer.alloc(4_000_000));
  child.kill('SIGKILL');
  await child.exited;
  await fifos.drained();
  fifos.write(Buffer.from('nobody reads'));
  await fifos.close();
});

test('everybody who reaches the folder may open them, whatever the umask, but not list or change it', () => {
  const former = process.umask(0o077);
  try {
    const { folder } = make();
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect([folder, join(folder, 'in'), join(folder, 'out')].map(mode)).toEqual([0o711, 0o666, 0o666]);
  } finally {
    process.umask(former);
  }
});

test('the folder goes with the first word, and children of the node get none of the descriptors', async () => {
  const fifos = make();
  const { came } = hear(fifos);
  const child = start(fifos, 'exec cat');
  await came(1);
  expect(existsSync(fifos.folder)).toBe(false);
  const list = Bun.spawnSync(['ls', '-l', '/proc/self/fd']).stdout.toString();
  expect(list).not.toContain('one');
  expect(child.exitCode).toBeNull();
});

test('nobody reads them any more once they are closed', async () => {
  const fifos = make();
  const writer = openSync(join(fifos.folder, 'out'), constants.O_WRONLY | constants.O_NONBLOCK);
  await fifos.close();
  expect(() => writeSync(writer, 'x')).toThrow('EPIPE');
  closeSync(writer);
});

test('closing twice closes no descriptor of somebody else, and none is left open', async () => {
  const round = async (count: number) => {
    const fifos = new FifoStreams(join(parent, `round-${count}`));
    const { came } = hear(fifos);
    const child = start(fifos, 'exec cat');
    await came(1);
    await Promise.all([fifos.close(), fifos.close()]);
    await child.exited;
    fifos.release();
  };
  await round(0);
  const before = openDescriptors();
  for (let count = 1; count <= 10; count++) await round(count);
  await until('the descriptors are closed', () => openDescriptors() < before + 5);
});

test('where they cannot be made it says why, and leaves nothing', () => {
  const before = openDescriptors();
  expect(() => make('no/such')).toThrow('ENOENT');
  make('taken');
  expect(() => make('taken')).toThrow('EEXIST');
  expect(readdirSync(parent)).toEqual(['taken']);
  expect(openDescriptors()).toBe(before + 4);
});
