import { afterEach, beforeEach, expect, test } from 'bun:test';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { AttachedStreams } from '../../../src/sandbox/docker/attached-streams.ts';
import { FifoStreams } from '../../../src/sandbox/docker/fifo-streams.ts';
import { DockerStdio } from '../../../src/sandbox/docker/stdio.ts';
import { until } from '../../util/until.ts';

/** What the engine attaches, played by the test. */
class Engine {
  /** What was written to stdin. */
  stdin = '';
  readonly stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      this.stdin += chunk.toString();
      done();
    },
  });

  say(stream: 1 | 2, text: string): void {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, Buffer.byteLength(text)]);
    this.stream.push(Buffer.concat([header, Buffer.from(text)]));
  }

  end(): void {
    this.stream.push(null);
  }
}

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** The container's ends of its FIFOs. */
class Shim {
  readonly #input: number;
  #output: number | undefined;

  constructor(folder: string) {
    this.#input = openSync(join(folder, 'in'), O_RDONLY | O_NONBLOCK);
    this.#output = openSync(join(folder, 'out'), O_WRONLY | O_NONBLOCK);
  }

  say(text: string): void {
    writeSync(this.#output as number, text);
  }

  /** All that has come. */
  read(): string {
    const buffer = Buffer.alloc(1000);
    return buffer.subarray(0, readSync(this.#input, buffer)).toString();
  }

  end(): void {
    if (this.#output !== undefined) closeSync(this.#output);
    this.#output = undefined;
  }

  close(): void {
    this.end();
    closeSync(this.#input);
  }
}

let folder: string;
let engine: Engine;
let fifos: FifoStreams;
let shim: Shim;
let stdio: DockerStdio;
let heard: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisklet-stdio-'));
  engine = new Engine();
  fifos = new FifoStreams(join(folder, 'fifos'));
  shim = new Shim(fifos.folder);
  stdio = new DockerStdio(new AttachedStreams(engine.stream), fifos);
  heard = '';
});
afterEach(async () => {
  shim.close();
  await stdio.close();
  rmSync(folder, { recursive: true });
});

const listen = () => stdio.onOutput((chunk) => (heard += Buffer.from(chunk).toString()));
const hears = (text: string) => until(`it hears ${text}`, () => heard === text);

test('a container that speaks over its FIFOs is spoken to there, and their folder is gone', async () => {
  listen();
  stdio.write(Buffer.from('early '));
  shim.say('ready');
  await hears('ready');
  stdio.write(Buffer.from('late'));
  expect(shim.read()).toBe('early late');
  expect(engine.stdin).toBe('');
  expect(existsSync(fifos.folder)).toBe(false);
});

test('one that speaks on its stdout is spoken to on its stdin, and its FIFOs are gone', async () => {
  listen();
  stdio.write(Buffer.from('early '));
  engine.say(1, 'ready');
  await hears('ready');
  stdio.write(Buffer.from('late'));
  expect(engine.stdin).toBe('early late');
  expect(shim.read()).toBe('');
  expect(existsSync(fifos.folder)).toBe(false);
  await until('nobody reads them', () => {
    try {
      shim.say('too late');
      return false;
    } catch {
      return true;
    }
  });
});

test('what is said on the other way is not heard', async () => {
  listen();
  shim.say('ready');
  await hears('ready');
  engine.say(1, 'another voice');
  shim.say(', steady');
  await hears('ready, steady');
});

test('what is said before somebody listens is kept', async () => {
  shim.say('ready');
  await until('it was heard', () => !existsSync(fifos.folder));
  listen();
  expect(heard).toBe('ready');
});

test('a write that waits does not change when the caller uses its buffer again', async () => {
  listen();
  const buffer = Buffer.from('first');
  stdio.write(buffer);
  buffer.fill('x');
  shim.say('ready');
  await hears('ready');
  expect(shim.read()).toBe('first');
});

test('the last words come through the engine', async () => {
  engine.say(2, 'no code');
  engine.end();
  shim.end();
  await stdio.ended;
  expect(stdio.lastWords).toBe('no code');
});

test('it has ended when both ways have, and all was heard', async () => {
  listen();
  shim.say('ready');
  await hears('ready');
  let ended = false;
  void stdio.ended.then(() => {
    ended = true;
  });
  engine.end();
  await until('the engine has said its last', () => engine.stream.readableEnded);
  expect(ended).toBe(false);
  shim.say(', dead');
  shim.end();
  await stdio.ended;
  expect(heard).toBe('ready, dead');
});

test('what was said before an end that comes at once is heard', async () => {
  listen();
  shim.say('ready, dead');
  shim.end();
  engine.end();
  await stdio.ended;
  expect(heard).toBe('ready, dead');
});

test('it has ended when it was closed, although the container lives', async () => {
  listen();
  shim.say('ready');
  await hears('ready');
  await stdio.close();
  await stdio.ended;
});

test('without FIFOs all goes through the engine, from the first byte', () => {
  const other = new Engine();
  new DockerStdio(new AttachedStreams(other.stream)).write(Buffer.from('now'));
  expect(other.stdin).toBe('now');
});
