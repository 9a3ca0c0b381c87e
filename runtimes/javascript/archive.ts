import fs from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { CodeError } from './code-error.ts';

/** What an archive may unpack to. */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_ENTRIES = 100_000;
/** Entries larger than this are inflated into their file: it counts as memory of the action already, and so would they. */
const LARGE_BYTES = 1024 * 1024;

/** Unpacks a zip or a tar.gz into a folder: nothing outside of it is written, and links that lead outside are left out. */
export async function unpack(archive: Buffer, folder: string): Promise<void> {
  const [first, second, third] = archive;
  if (first === 0x50 && second === 0x4b) {
    await orSay('There was an error uncompressing the action Zip archive.', () => unzip(archive, folder));
  } else if (first === 0x1f && second === 0x8b && third === 8) {
    await orSay('There was an error uncompressing the action Tar GZ archive.', () => untar(archive, folder));
  } else {
    throw new CodeError('There was an error uncompressing the action archive. The file type is unsupported');
  }
}

async function orSay(sentence: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new CodeError(sentence, { cause });
  }
}

/** Entries are inflated one by one, in memory: the whole archive is there already, and streams are slow for many small files. */
async function unzip(archive: Buffer, folder: string): Promise<void> {
  const { fromBufferPromise } = require('yauzl') as typeof import('yauzl');
  const { inflateRawSync } = require('node:zlib') as typeof import('node:zlib');
  const target = new Target(folder);
  const zip = await fromBufferPromise(archive);
  for await (const entry of zip.eachEntry()) {
    target.expect(entry.uncompressedSize);
    if (entry.fileName.endsWith('/')) {
      target.folder(entry.fileName);
      continue;
    }
    if (entry.isEncrypted()) throw new Error('an entry is encrypted');
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = archive.subarray(fileDataStart, fileDataStart + entry.compressedSize);
    const mode = entry.externalFileAttributes >>> 16;
    const isPacked = entry.compressionMethod !== 0;
    if (isPacked && entry.uncompressedSize > LARGE_BYTES) {
      await target.fill(entry.fileName, inflate(packed, entry.uncompressedSize), mode);
      continue;
    }
    const limit = { maxOutputLength: Math.max(1, entry.uncompressedSize) };
    const bytes = isPacked ? inflateRawSync(packed, limit) : packed;
    checkLength(bytes.length, entry.uncompressedSize);
    if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFLNK) target.link(entry.fileName, bytes.toString());
    else target.file(entry.fileName, bytes, mode);
  }
  target.close();
}

/** The parts of an entry. Never more than announced. */
async function* inflate(packed: Buffer, announced: number): AsyncGenerator<Uint8Array> {
  const { createInflateRaw } = require('node:zlib') as typeof import('node:zlib');
  const inflating = createInflateRaw({ chunkSize: LARGE_BYTES });
  inflating.end(packed);
  let length = 0;
  for await (const part of inflating) {
    length += (part as Buffer).length;
    if (length > announced) break;
    yield part as Buffer;
  }
  checkLength(length, announced);
}

function checkLength(length: number, announced: number): void {
  if (length !== announced) throw new Error('an entry is not as long as announced');
}

async function untar(archive: Buffer, folder: string): Promise<void> {
  const { extract } = require('tar-stream') as typeof import('tar-stream');
  const { gunzipSync } = require('node:zlib') as typeof import('node:zlib');
  const target = new Target(folder);
  const entries = extract();
  entries.end(gunzipSync(archive, { maxOutputLength: MAX_BYTES }));
  for await (const entry of entries) {
    const { name, type, mode, linkname, size } = entry.header;
    target.expect(size ?? 0);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (type === 'directory') target.folder(name);
    else if (type === 'symlink') target.link(name, linkname ?? '');
    else if (type === 'file' || type === 'contiguous-file') target.file(name, Buffer.concat(chunks), mode ?? 0);
  }
  target.close();
}

/** The folder that is filled. */
class Target {
  readonly #root: string;
  readonly #made = new Set<string>();
  readonly #links: (readonly [path: string, to: string])[] = [];
  #bytes = 0;
  #entries = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Counts an entry before anything is made of it. */
  expect(bytes: number): void {
    this.#bytes += bytes;
    this.#entries += 1;
    if (this.#bytes > MAX_BYTES || this.#entries > MAX_ENTRIES) throw new Error('the archive is too large');
  }

  folder(name: string): void {
    this.#make(this.#inside(name));
  }

  file(name: string, bytes: Uint8Array, mode: number): void {
    fs.writeFileSync(this.#fileAt(name), bytes, { mode: permissions(mode) });
  }

  /** A file that comes in parts. */
  async fill(name: string, parts: AsyncIterable<Uint8Array>, mode: number): Promise<void> {
    const file = fs.openSync(this.#fileAt(name), 'w', permissions(mode));
    try {
      for await (const part of parts) fs.writeFileSync(file, part);
    } finally {
      fs.closeSync(file);
    }
  }

  /** Links that lead outside are left out. */
  link(name: string, to: string): void {
    const path = this.#inside(name);
    if (!isAbsolute(to) && this.#holds(resolve(dirname(path), to))) this.#links.push([path, to]);
  }

  /** Makes the links, last of all, so that nothing is written through one. */
  close(): void {
    for (const [path, to] of this.#links) {
      this.#make(dirname(path));
      fs.symlinkSync(to, path);
    }
  }

  #fileAt(name: string): string {
    const path = this.#inside(name);
    this.#make(dirname(path));
    return path;
  }

  #inside(name: string): string {
    const path = resolve(this.#root, name);
    if (!this.#holds(path)) throw new Error('an entry leads out of the archive');
    return path;
  }

  #holds(path: string): boolean {
    return path === this.#root || path.startsWith(this.#root + sep);
  }

  #make(folder: string): void {
    if (this.#made.has(folder)) return;
    fs.mkdirSync(folder, { recursive: true });
    this.#made.add(folder);
  }
}

function permissions(mode: number): number {
  return mode & 0o111 ? 0o755 : 0o644;
}
