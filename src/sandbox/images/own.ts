import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { ownShim } from '../shim-names.ts';
import { describeFile, type ImageFile, surroundings } from './files.ts';

export interface OwnImageOptions {
  /** The program that runs the shim: this executable, or Bun. */
  readonly executable: string;
  /** Folder of the family's shim, `shim.js` and what it needs. */
  readonly shimDir: string;
  readonly family: string;
  readonly version: string;
}

/** An image that is made of this host's own files, with no registry and no build. */
export interface OwnImage {
  readonly repo: string;
  /** Changes when anything in it does. */
  readonly tag: string;
  /** Lines of a Dockerfile that say how it is run. */
  readonly changes: readonly string[];
  /** Its files, as a tar that is read while it is sent: the executable alone is 100 MB. */
  pack(): Readable;
}

interface LaidFile {
  readonly path: string;
  readonly content: Buffer;
}

const PROGRAM = '/usr/local/bin/whisklet';
/** Actions that start `node` or `bun` get the same program, which acts as either. */
const LINKS = ['/usr/local/bin/node', '/usr/local/bin/bun'];
const SHIMS = '/whisklet';

const SETTINGS: readonly LaidFile[] = Object.entries({
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n',
  '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}).map(([path, content]) => ({ path, content: Buffer.from(content) }));

/** @throws Error when the executable or the shim is not there */
export async function describeOwnImage(options: OwnImageOptions): Promise<OwnImage> {
  const { executable, shimDir, family, version } = options;
  const program = await describeFile(executable, PROGRAM);
  if (!program) throw new Error(`there is no executable ${executable}`);
  const { entry, files: shims } = await readShims(shimDir, `${SHIMS}/${family}`);
  const copies = [program, ...(await surroundings(program.from))];
  const changes = [
    'ENV PATH=/usr/local/bin:/usr/bin:/bin BUN_BE_BUN=1 HOME=/tmp',
    'WORKDIR /tmp',
    'USER 65534:65534',
    `ENTRYPOINT ["${PROGRAM}", "${SHIMS}/${family}/${entry}"]`,
  ];
  const hash = createHash('sha256').update(JSON.stringify([version, changes, copies]));
  for (const { path, content } of [...SETTINGS, ...shims]) hash.update(path).update(content);
  return {
    repo: `whisklet/${family}`,
    tag: hash.digest('hex').slice(0, 12),
    changes,
    pack: () => packFiles(copies, [...SETTINGS, ...shims]),
  };
}

async function readShims(folder: string, target: string): Promise<{ entry: string; files: LaidFile[] }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile() && /\.(c?js|mjs|json|jsc)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const entry = ownShim(names);
  if (entry === undefined) throw new Error(`there is no shim in ${folder}`);
  const files = await Promise.all(
    names.sort().map(async (name) => ({ path: `${target}/${name}`, content: await readFile(join(folder, name)) })),
  );
  return { entry, files };
}

function packFiles(copies: readonly ImageFile[], texts: readonly LaidFile[]): Readable {
  const tar = pack();
  const paths = [...copies, ...texts].map(({ path }) => path);
  const fill = async () => {
    for (const folder of foldersOf(paths)) tar.entry({ name: inTar(folder), type: 'directory', mode: 0o755 });
    tar.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
    for (const { path, content } of texts) tar.entry({ name: inTar(path), mode: 0o644 }, content);
    for (const name of LINKS) tar.entry({ name: inTar(name), type: 'symlink', linkname: PROGRAM });
    for (const file of copies) await copy(tar, file);
    tar.finalize();
  };
  fill().catch((error: Error) => tar.destroy(error));
  return Readable.from(tar);
}

async function copy(tar: Pack, { path, from, bytes }: ImageFile): Promise<void> {
  const entry = tar.entry({ name: inTar(path), mode: 0o755, size: bytes });
  await pipeline(createReadStream(from), entry as unknown as NodeJS.WritableStream);
}

/** Paths in a tar are relative to the root of the image. */
function inTar(path: string): string {
  return path.slice(1);
}

/** The folders above these paths, outermost first, each once. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].sort();
}
