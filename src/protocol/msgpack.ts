/**
 * MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), as far as frames need it. Written by hand, because each container
 * has it: the library does much more, with so much code that a process which runs seldom needs twice as long for a frame.
 */

/** What frames are made of. */
export type Packable = string | number | boolean | readonly Packable[] | { readonly [key: string]: Packable };

const CHUNK_BYTES = 64 * 1024;

/** Packs values one behind the other into chunks of memory. What it has handed out it never writes to again. */
export class Packer {
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Where the value that is being packed begins. */
  #start = 0;
  #at = 0;

  /**
   * One value in its shortest form; numbers that are no unsigned 32-bit integers as 64-bit floats.
   *
   * @param room bytes that are left free in front of it
   */
  pack(value: Packable, room = 0): Buffer {
    this.#start = this.#at;
    this.#reserve(room);
    this.#at += room;
    this.#add(value);
    return this.#chunk.subarray(this.#start, this.#at);
  }

  #add(value: Packable): void {
    if (typeof value === 'string') this.#addText(value);
    else if (typeof value === 'number') this.#addNumber(value);
    else if (typeof value === 'boolean') this.#addByte(value ? 0xc3 : 0xc2);
    else if (isList(value)) this.#addList(value);
    else this.#addMap(value);
  }

  #addText(text: string): void {
    const { length } = text;
    this.#reserve(5 + (length < 1024 ? length * 3 : Buffer.byteLength(text)));
    // Mostly a character is one byte; else the text is moved when its length is known.
    const guess = textHeaderBytes(length);
    const bytes = this.#chunk.write(text, this.#at + guess);
    const header = textHeaderBytes(bytes);
    if (header !== guess) {
      const from = this.#at + guess;
      this.#chunk.copyWithin(this.#at + header, from, from + bytes);
    }
    if (header === 1) this.#addByte(0xa0 | bytes);
    else if (header === 2) this.#addUnsigned8(0xd9, bytes);
    else if (header === 3) this.#addUnsigned16(0xda, bytes);
    else this.#addUnsigned32(0xdb, bytes);
    this.#at += bytes;
  }

  #addNumber(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      this.#reserve(9);
      this.#addByte(0xcb);
      this.#at = this.#chunk.writeDoubleBE(value, this.#at);
    } else if (value < 0x80) this.#addByte(value);
    else if (value <= 0xff) this.#addUnsigned8(0xcc, value);
    else if (value <= 0xffff) this.#addUnsigned16(0xcd, value);
    else this.#addUnsigned32(0xce, value);
  }

  #addList(list: readonly Packable[]): void {
    const { length } = list;
    if (length < 16) this.#addByte(0x90 | length);
    else if (length <= 0xffff) this.#addUnsigned16(0xdc, length);
    else this.#addUnsigned32(0xdd, length);
    for (const each of list) this.#add(each);
  }

  #addMap(map: { readonly [key: string]: Packable }): void {
    const keys = Object.keys(map);
    const { length } = keys;
    if (length < 16) this.#addByte(0x80 | length);
    else if (length <= 0xffff) this.#addUnsigned16(0xde, length);
    else this.#addUnsigned32(0xdf, length);
    for (const key of keys) {
      this.#addText(key);
      this.#add(map[key] as Packable);
    }
  }

  #addByte(byte: number): void {
    this.#reserve(1);
    this.#chunk[this.#at++] = byte;
  }

  #addUnsigned8(type: number, value: number): void {
    this.#addByte(type);
    this.#addByte(value);
  }

  #addUnsigned16(type: number, value: number): void {
    this.#addUnsigned8(type, value >>> 8);
    this.#addByte(value & 0xff);
  }

  #addUnsigned32(type: number, value: number): void {
    this.#addUnsigned16(type, value >>> 16);
    this.#addByte((value >>> 8) & 0xff);
    this.#addByte(value & 0xff);
  }

  /** Makes sure that so many bytes follow; if need be, what there is of the value moves to a new chunk. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#chunk.length) return;
    const have = this.#at - this.#start;
    // As much again as there is, so that a long list does not move again and again; not as much as a long text.
    const chunk = Buffer.allocUnsafeSlow(have * 2 + bytes + CHUNK_BYTES);
    this.#chunk.copy(chunk, 0, this.#start, this.#at);
    this.#chunk = chunk;
    this.#start = 0;
    this.#at = have;
  }
}

/** The one value that the bytes hold, in whatever form. What is neither text, number, list, map nor a truth is `undefined`. @throws RangeError, TypeError */
export function unpack(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.read();
  if (reader.left !== 0) throw new RangeError('more than one value');
  return value;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, length);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  read(): unknown {
    const type = this.#unsigned8();
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#list(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#bytes.readFloatBE(this.#pass(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#pass(8));
      case 0xcc:
        return this.#unsigned8();
      case 0xcd:
        return this.#unsigned16();
      case 0xce:
        return this.#unsigned32();
      case 0xcf:
        return Number(this.#bytes.readBigUInt64BE(this.#pass(8)));
      case 0xd0:
        return this.#bytes.readInt8(this.#pass(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#pass(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#pass(4));
      case 0xd3:
        return Number(this.#bytes.readBigInt64BE(this.#pass(8)));
      case 0xd9:
        return this.#text(this.#unsigned8());
      case 0xda:
        return this.#text(this.#unsigned16());
      case 0xdb:
        return this.#text(this.#unsigned32());
      case 0xdc:
        return this.#list(this.#unsigned16());
      case 0xdd:
        return this.#list(this.#unsigned32());
      case 0xde:
        return this.#map(this.#unsigned16());
      case 0xdf:
        return this.#map(this.#unsigned32());
      default:
        return this.#other(type);
    }
  }

  #list(length: number): unknown[] {
    const list: unknown[] = [];
    for (let n = 0; n < length; n++) list.push(this.read());
    return list;
  }

  #map(length: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let n = 0; n < length; n++) {
      const key = this.read();
      if (typeof key !== 'string') throw new TypeError('a key that is no text');
      const value = this.read();
      if (key !== '__proto__') map[key] = value;
    }
    return map;
  }

  #text(bytes: number): string {
    const from = this.#pass(bytes);
    return this.#bytes.toString('utf8', from, this.#at);
  }

  /** Binaries and extensions: nobody asked for them. */
  #other(type: number): undefined {
    if (type === 0xc1) throw new RangeError('a byte that means nothing');
    // bin 8, 16, 32; ext 8, 16, 32; fixext 1, 2, 4, 8, 16. An extension has a byte that says of what kind it is.
    if (type <= 0xc6) this.#pass(this.#unsigned(type - 0xc4));
    else if (type <= 0xc9) this.#pass(this.#unsigned(type - 0xc7) + 1);
    else this.#pass((1 << (type - 0xd4)) + 1);
  }

  /** A length of 1, 2 or 4 bytes. @param power 0, 1 or 2 */
  #unsigned(power: number): number {
    if (power === 0) return this.#unsigned8();
    return power === 1 ? this.#unsigned16() : this.#unsigned32();
  }

  #unsigned8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('it ends early');
    return byte;
  }

  #unsigned16(): number {
    return this.#unsigned8() * 0x100 + this.#unsigned8();
  }

  #unsigned32(): number {
    return this.#unsigned16() * 0x1_0000 + this.#unsigned16();
  }

  /** Where the next so many bytes begin. */
  #pass(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.length) throw new RangeError('it ends early');
    return from;
  }
}

function textHeaderBytes(bytes: number): 1 | 2 | 3 | 5 {
  if (bytes < 32) return 1;
  if (bytes <= 0xff) return 2;
  return bytes <= 0xffff ? 3 : 5;
}

/** `Array.isArray` does not tell a readonly list from a map. */
function isList(value: object): value is readonly Packable[] {
  return Array.isArray(value);
}
