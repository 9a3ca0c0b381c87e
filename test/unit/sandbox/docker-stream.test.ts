import { describe, expect, test } from 'bun:test';
import { Demultiplexer } from '../../../src/sandbox/docker/stream.ts';

function piece(stream: number, text: string): Uint8Array {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function collect() {
  const got = { out: '', err: '' };
  const parts = new Demultiplexer(
    (bytes) => {
      got.out += Buffer.from(bytes).toString();
    },
    (bytes) => {
      got.err += Buffer.from(bytes).toString();
    },
  );
  return { got, parts };
}

describe('Demultiplexer', () => {
  const all = Buffer.concat([piece(1, 'hello '), piece(2, 'oh no'), piece(1, ''), piece(1, 'world'), piece(0, '!')]);

  test('tells stdout from stderr in one chunk', () => {
    const { got, parts } = collect();
    parts.push(all);
    expect(got).toEqual({ out: 'hello world!', err: 'oh no' });
  });

  test('gives the same for chunks of any size', () => {
    for (let size = 1; size <= all.length; size++) {
      const { got, parts } = collect();
      for (let at = 0; at < all.length; at += size) parts.push(all.subarray(at, at + size));
      expect(got).toEqual({ out: 'hello world!', err: 'oh no' });
    }
  });

  test('hands on what is there before a piece is whole', () => {
    const { got, parts } = collect();
    parts.push(piece(1, 'half of it').subarray(0, 12));
    expect(got.out).toBe('half');
  });

  test('takes lengths over 2 GB for what they are', () => {
    const { got, parts } = collect();
    parts.push(Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x61]));
    parts.push(Buffer.from([1, 0, 0, 0, 0, 0, 0, 1]));
    expect(got.out.length).toBe(9);
  });
});
