import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Packr } from 'msgpackr';
import { Decoder, encodeFrame, type FromRuntime, MAX_BODY_BYTES, type ToRuntime } from '../../../src/protocol/frame.ts';
import { RuntimeFault } from '../../../src/protocol/protocol.ts';

type Frame = ToRuntime | FromRuntime;

/** The examples of docs/protocol.md: a line of JSON, and the bytes of the frame on the line below it. */
const examples = [
  ...readFileSync(join(import.meta.dir, '../../../docs/protocol.md'), 'utf8').matchAll(
    /^ {4}(\{"type".*\})\n {4}((?:[0-9a-f]{2} ?)+)$/gm,
  ),
].map(([, json, hex]) => ({
  frame: JSON.parse(json as string) as Frame,
  bytes: new Uint8Array(Buffer.from((hex as string).replaceAll(' ', ''), 'hex')),
}));

const longRun: Frame = { type: 'run', id: 'a', value: `"${'x☃'.repeat(100_000)}"`, env: {}, logLimit: 0 };
const frames: readonly Frame[] = [...examples.map(({ frame }) => frame), longRun];
const stream = new Uint8Array(Buffer.concat(frames.map(encodeFrame)));

/** A frame of any body. */
function framed(body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return new Uint8Array(Buffer.concat([header, body]));
}

function pushAll(decoder: Decoder, bytes: Uint8Array, size: number): unknown[] {
  const decoded: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) decoded.push(...decoder.push(bytes.subarray(at, at + size)));
  return decoded;
}

describe('frames', () => {
  test('of every type have an example in the document', () => {
    const types = examples.map(({ frame }) => frame.type);
    expect(new Set(types)).toEqual(new Set(['init', 'run', 'stop', 'ready', 'log', 'result', 'failure']));
  });

  for (const { frame, bytes } of examples) {
    test(`are the bytes that the document shows: ${JSON.stringify(frame).slice(0, 60)}`, () => {
      expect(new Uint8Array(encodeFrame(frame))).toEqual(bytes);
      expect(new Decoder().push(bytes) as unknown[]).toEqual([frame]);
    });
  }

  test('stay what they are while others are made', () => {
    const first = encodeFrame({ type: 'failure', id: 'a', error: 'first' });
    const copy = new Uint8Array(first);
    for (let n = 0; n < 10_000; n += 1) encodeFrame({ type: 'failure', id: 'b', error: `another ${n}` });
    encodeFrame(longRun);
    expect(new Uint8Array(first)).toEqual(copy);
  });

  test('are put together from chunks of any size', () => {
    for (const size of [1, 2, 3, 5, 7, 64, 4096, stream.length]) {
      const decoder = new Decoder();
      expect(pushAll(decoder, stream, size)).toEqual([...frames]);
      expect(decoder.atBorder).toBe(true);
    }
  });

  test('are taken from chunks that are no Buffers, and from parts of larger ones', () => {
    const [example] = examples;
    const padded = new Uint8Array([0xff, ...(example?.bytes ?? []), 0xff]);
    expect(new Decoder().push(padded.subarray(1, -1)) as unknown[]).toEqual([example?.frame]);
  });

  test('may have 64-bit numbers', () => {
    const body = new Packr({ useRecords: false, largeBigIntToFloat: false }).pack({
      type: 'log',
      time: 1795430526881n,
    });
    expect(body.includes(0xcf) || body.includes(0xd3)).toBe(true);
    expect(new Decoder().push(framed(body))).toEqual([{ type: 'log', time: 1795430526881 }]);
  });
});

describe('a decoder', () => {
  test('knows whether it stands between two frames', () => {
    const bytes = encodeFrame({ type: 'stop' });
    const decoder = new Decoder();
    expect(decoder.atBorder).toBe(true);
    for (let at = 0; at < bytes.length - 1; at += 1) {
      decoder.push(bytes.subarray(at, at + 1));
      expect(decoder.atBorder).toBe(false);
    }
    expect(decoder.push(bytes.subarray(-1))).toEqual([{ type: 'stop' }]);
    expect(decoder.atBorder).toBe(true);
    expect(decoder.push(new Uint8Array(0))).toEqual([]);
  });

  test('refuses a length before its bytes come', () => {
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(MAX_BODY_BYTES + 1);
    expect(() => new Decoder().push(new Uint8Array(tooLong))).toThrow(
      new RuntimeFault('it announced a frame of 8388609 bytes'),
    );
    const twoGigabytes = new Uint8Array([0x80, 0, 0, 0]);
    expect(() => new Decoder().push(twoGigabytes)).toThrow('it announced a frame of 2147483648 bytes');
    const fourGigabytes = new Uint8Array([0xff, 0xff, 0xff, 0xff]);
    expect(() => new Decoder().push(fourGigabytes)).toThrow('it announced a frame of 4294967295 bytes');
    expect(() => new Decoder(10).push(encodeFrame({ type: 'stop' }))).toThrow('it announced a frame of 11 bytes');
    expect(new Decoder(11).push(encodeFrame({ type: 'stop' }))).toEqual([{ type: 'stop' }]);
  });

  test('refuses an empty frame', () => {
    expect(() => new Decoder().push(new Uint8Array(4))).toThrow('it sent an empty frame');
  });

  test('refuses bodies that are no MessagePack', () => {
    const broken = {
      'a map that ends early': [0x81, 0xa4, 0x74],
      'a list of four billion': [0xdd, 0xff, 0xff, 0xff, 0xff],
      'a map of four billion': [0xdf, 0xff, 0xff, 0xff, 0xff],
      'a text of four billion': [0xdb, 0xff, 0xff, 0xff, 0xff],
      'a byte that means nothing': [0xc1],
      'more than one value': [0xc0, 0xc0],
      'a million lists in each other': Array.from({ length: 1_000_000 }, () => 0x91),
    };
    for (const [what, body] of Object.entries(broken)) {
      expect(() => new Decoder().push(framed(new Uint8Array(body))), what).toThrow(RuntimeFault);
    }
  });

  test('refuses bodies that are no map with a type', () => {
    const packr = new Packr({ useRecords: false });
    for (const value of [
      null,
      5,
      'stop',
      ['type', 'stop'],
      {},
      { type: 5 },
      { type: null },
      new Date(),
      new Error('x'),
    ]) {
      expect(() => new Decoder().push(framed(packr.pack(value)))).toThrow('it sent a frame without a type');
    }
  });

  test('gives maps no power over prototypes', () => {
    const packr = new Packr({ useRecords: false });
    const body = packr.pack(
      new Map<string, unknown>([
        ['type', 'log'],
        ['__proto__', { polluted: true }],
      ]),
    );
    const [frame] = new Decoder().push(framed(body));
    expect((frame as { polluted?: boolean }).polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
