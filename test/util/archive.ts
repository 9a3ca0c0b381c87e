import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** Archives made in memory, as base64: what `wsk` sends as code. */

export interface ArchiveFile {
  readonly content: string | Buffer;
  /** Permission bits and kind, as Unix has them; a plain file without. */
  readonly mode?: number;
  /** The content is where it leads. */
  readonly link?: boolean;
  /** Says that it is this long, whatever it is. */
  readonly claimedSize?: number;
}

export type Files = Readonly<Record<string, string | ArchiveFile>>;

const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

export function zip(files: Files): string {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, value] of Object.entries(files)) {
    const file = typeof value === 'string' ? { content: value } : value;
    const bytes = Buffer.from(file.content as string);
    const packed = deflateRawSync(bytes);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(file.claimedSize ?? bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, packed]);
    const tail = Buffer.alloc(14);
    const mode = (file.mode ?? 0o644) | (file.link ? S_IFLNK : S_IFREG);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    // Made by Unix, so that the mode counts.
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, tail, path]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]).toString('base64');
}

export async function tarGz(files: Files): Promise<string> {
  const tar = pack();
  for (const [name, value] of Object.entries(files)) {
    const file = typeof value === 'string' ? { content: value } : value;
    const mode = file.mode ?? 0o644;
    if (file.link) tar.entry({ name, type: 'symlink', linkname: String(file.content), mode });
    else tar.entry({ name, mode }, file.content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks)).toString('base64');
}
