import { describe, expect, test } from 'bun:test';
import { Packr, pack } from 'msgpackr';
import { type Packable, Packer, unpack } from '../../../src/protocol/msgpack.ts';

/** The library, in the forms that other languages may choose too. */
const library = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

const numbers = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, 1795430526881, -1, 0.5];
const lengths = [0, 1, 10, 31, 32, 85, 86, 255, 256, 1023, 1024, 21_845, 65_535, 65_536, 200_000];

describe('MessagePack', () => {
  const values: Readonly<Record<string, readonly Packable[]>> = {
    numbers,
    truths: [true, false],
    'texts of one byte a character': lengths.map((length) => 'x'.repeat(length)),
    'texts of three bytes a character': lengths.map((length) => '☃'.repeat(length)),
    'texts that are long at their end alone': lengths.map((length) => `${'x'.repeat(length)}😀`),
    lists: [[], [1, 'a', [true]], Array.from({ length: 16 }, () => 'x'), Array.from({ length: 70_000 }, (_, n) => n)],
    maps: [
      {},
      { type: 'run', env: { a: 'b' }, lines: [[1, 1, 'x']] },
      ...[15, 16, 70_000].map((count) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]))),
    ],
  };
  for (const [what, each] of Object.entries(values)) {
    test(`of ${what} is read by the library, and the library's is read`, () => {
      const packer = new Packer();
      for (const value of each) {
        const bytes = packer.pack(value);
        expect(library.unpack(bytes)).toEqual(value);
        expect(unpack(bytes)).toEqual(value);
        expect(unpack(library.pack(value))).toEqual(value);
      }
    });
  }

  test('has the shortest form of texts, lists, maps and whole numbers', () => {
    const packer = new Packer();
    const each: Packable[] = [...numbers.filter((n) => n >= 0 && n <= 0xffff_ffff && Number.isInteger(n))];
    for (const length of [31, 32, 255, 256, 65_535, 65_536])
      each.push('x'.repeat(length), `${'x'.repeat(length - 3)}☃`);
    each.push([1], { a: 1 });
    for (const value of each) expect(new Uint8Array(packer.pack(value))).toEqual(new Uint8Array(library.pack(value)));
  });

  test('may have any form of a number', () => {
    const forms: readonly (readonly [number, readonly number[]])[] = [
      [-1, [0xff]],
      [-32, [0xe0]],
      [-128, [0xd0, 0x80]],
      [-2, [0xd1, 0xff, 0xfe]],
      [-2, [0xd2, 0xff, 0xff, 0xff, 0xfe]],
      [-2, [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]],
      [5, [0xcf, 0, 0, 0, 0, 0, 0, 0, 5]],
      [1.5, [0xca, 0x3f, 0xc0, 0, 0]],
      [5, [0xce, 0, 0, 0, 5]],
    ];
    for (const [value, bytes] of forms) expect(unpack(new Uint8Array(bytes))).toBe(value);
  });

  test('may have what nobody asked for', () => {
    const others = [null, new Uint8Array(3), new Uint8Array(300), new Uint8Array(70_000), new Date(0), new Date(0.5)];
    for (const other of others) {
      expect(unpack(pack(new Map([['a', other]])))).toEqual({ a: other === null ? null : undefined });
    }
    for (const [type, bytes] of [
      [0xd4, 1],
      [0xd5, 2],
      [0xd6, 4],
      [0xd7, 8],
      [0xd8, 16],
    ] as const) {
      expect(unpack(new Uint8Array([0x92, type, 1, ...new Uint8Array(bytes), 7]))).toEqual([undefined, 7]);
    }
    for (const header of [
      [0xc7, 3],
      [0xc8, 0, 3],
      [0xc9, 0, 0, 0, 3],
    ]) {
      expect(unpack(new Uint8Array([0x92, ...header, 1, 0, 0, 0, 7]))).toEqual([undefined, 7]);
    }
  });

  test('that ends early, or late, is refused wherever it is cut', () => {
    const bytes = library.pack({
      type: 'log',
      lines: [[1795430526881, 300, 'x'.repeat(300)]],
      big: 70_000,
      date: new Date(),
    });
    for (let end = 0; end < bytes.length; end++) expect(() => unpack(bytes.subarray(0, end)), `${end}`).toThrow();
    expect(() => unpack(Buffer.concat([bytes, bytes]))).toThrow('more than one value');
    expect(() => unpack(new Uint8Array([0x81, 1, 2]))).toThrow('a key that is no text');
  });
});

describe('a packer', () => {
  test('leaves room in front of a value, also where it goes on to a new chunk', () => {
    const packer = new Packer();
    for (let n = 0; n < 3000; n++) {
      const bytes = packer.pack('x'.repeat(n % 100), 4);
      expect(unpack(bytes.subarray(4))).toBe('x'.repeat(n % 100));
    }
  });

  test('never writes to what it has handed out', () => {
    const packer = new Packer();
    const texts = Array.from({ length: 500 }, (_, n) => `${n} `.repeat(n * 3));
    const packed = texts.map((text) => packer.pack([text, text]));
    expect(packed.map((bytes) => unpack(bytes))).toEqual(texts.map((text) => [text, text]));
  });
});
