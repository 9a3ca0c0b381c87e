import { type FileHandle, open } from 'node:fs/promises';

/** What a program or a library of this host needs to be loaded. */
export interface Elf {
  /** The loader: `/lib64/ld-linux-x86-64.so.2`; undefined in a library or a static program. */
  readonly interpreter: string | undefined;
  /** Names of libraries: `libc.so.6`. */
  readonly needed: readonly string[];
}

const HEADER_BYTES = 64;
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 };
const ENTRY = { end: 0n, needed: 1n, strings: 5n };

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Reads the headers of a 64-bit little-endian ELF file (x86_64, arm64); undefined for any other file. */
export async function readElf(path: string): Promise<Elf | undefined> {
  const file = await open(path);
  try {
    const header = await part(file, 0, HEADER_BYTES);
    const is64BitLittleEndian = header.toString('latin1', 0, 4) === '\x7fELF' && header[4] === 2 && header[5] === 1;
    if (!is64BitLittleEndian) return undefined;
    const segments = await readSegments(file, header);
    const interpreter = segments.find(({ type }) => type === SEGMENT.interpreter);
    return {
      interpreter: interpreter && text(await part(file, interpreter.offset, interpreter.size), 0),
      needed: await readNeeded(file, segments),
    };
  } finally {
    await file.close();
  }
}

async function readSegments(file: FileHandle, header: Buffer): Promise<Segment[]> {
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = await part(file, Number(header.readBigUInt64LE(32)), size * count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      size: Number(table.readBigUInt64LE(at + 32)),
    };
  });
}

async function readNeeded(file: FileHandle, segments: readonly Segment[]): Promise<string[]> {
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  if (!dynamic) return [];
  const entries = await part(file, dynamic.offset, dynamic.size);
  const names: number[] = [];
  let strings = 0;
  for (let at = 0; at + 16 <= entries.length; at += 16) {
    const tag = entries.readBigInt64LE(at);
    const value = Number(entries.readBigUInt64LE(at + 8));
    if (tag === ENTRY.end) break;
    if (tag === ENTRY.needed) names.push(value);
    if (tag === ENTRY.strings) strings = value;
  }
  // The table of strings is given by its address in memory, not by its place in the file.
  const home = segments.find((each) => each.type === SEGMENT.load && isIn(each, strings));
  if (!home) return [];
  const start = home.offset + strings - home.address;
  return Promise.all(names.map(async (name) => text(await part(file, start + name, 256), 0)));
}

function isIn({ address, size }: Segment, at: number): boolean {
  return at >= address && at < address + size;
}

async function part(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('latin1', at, end < 0 ? bytes.length : end);
}
