import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { readElf } from '../../../src/sandbox/images/elf.ts';
import { describeOwnImage, foldersOf, type OwnImage } from '../../../src/sandbox/images/own.ts';

interface Entry {
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly link: string | undefined;
  readonly content: Buffer;
}

async function unpack(image: OwnImage): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const reader = extract();
  image.pack().pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode, size, linkname } = entry.header;
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    const content = Buffer.concat(parts);
    entries.set(name, { type: type ?? '', mode: mode ?? 0, size: size ?? 0, link: linkname ?? undefined, content });
  }
  return entries;
}

let folder: string;
let shimDir: string;
let executable: string;
const describeIt = (version = '1') => describeOwnImage({ executable, shimDir, family: 'javascript', version });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-'));
  shimDir = join(folder, 'javascript');
  executable = join(folder, 'program');
  await mkdir(shimDir);
  await copyFile(await realpath('/bin/sh'), executable);
  await Bun.write(join(shimDir, 'shim.js'), 'run()');
  await Bun.write(join(shimDir, 'node_modules/library/index.js'), 'exports.it = 1');
  await Bun.write(join(shimDir, 'Dockerfile'), 'FROM scratch');
});
afterAll(() => rm(folder, { recursive: true }));

describe('describeOwnImage', () => {
  test('packs the program, its loader and libraries, and the shim', async () => {
    const entries = await unpack(await describeIt());
    const { interpreter = '', needed = [] } = (await readElf(executable)) ?? {};
    expect(entries.get('usr/local/bin/whisklet')).toMatchObject({ type: 'file', mode: 0o755 });
    expect(entries.get('usr/local/bin/whisklet')?.content).toEqual(Buffer.from(await Bun.file(executable).bytes()));
    expect([...entries.keys()]).toContain(interpreter.slice(1));
    for (const name of needed) {
      expect([...entries.keys()].some((path) => path.endsWith(`/${name}`))).toBe(true);
    }
    expect(entries.get('whisklet/javascript/shim.js')?.content.toString()).toBe('run()');
    expect(entries.get('whisklet/javascript/node_modules/library/index.js')?.content.toString()).toBe('exports.it = 1');
    expect(entries.get('whisklet/javascript/node_modules')).toMatchObject({ type: 'directory', mode: 0o755 });
    expect(entries.has('whisklet/javascript/Dockerfile')).toBe(false);
    expect(entries.get('usr/local/bin/node')).toMatchObject({ type: 'symlink', link: '/usr/local/bin/whisklet' });
    expect(entries.get('tmp')).toMatchObject({ type: 'directory', mode: 0o1777 });
    expect(entries.get('etc/passwd')?.content.toString()).toContain('nobody:x:65534');
  });

  test('has a tag that changes with the shim, the program and the version, and with nothing else', async () => {
    const { tag } = await describeIt();
    expect(tag).toMatch(/^[0-9a-f]{12}$/);
    expect((await describeIt()).tag).toBe(tag);
    expect((await describeIt('2')).tag).not.toBe(tag);
    await Bun.write(join(shimDir, 'shim.js'), 'run(1)');
    expect((await describeIt()).tag).not.toBe(tag);
    await Bun.write(join(shimDir, 'shim.js'), 'run()');
    expect((await describeIt()).tag).toBe(tag);
    await copyFile(executable, `${executable}.new`);
    await Bun.write(
      executable,
      Buffer.concat([Buffer.from(await Bun.file(`${executable}.new`).bytes()), Buffer.alloc(1)]),
    );
    expect((await describeIt()).tag).not.toBe(tag);
  });

  test('says what is missing', async () => {
    const options = { executable, shimDir, family: 'javascript', version: '1' };
    await expect(describeOwnImage({ ...options, executable: '/none/such' })).rejects.toThrow('/none/such');
    await expect(describeOwnImage({ ...options, shimDir: folder })).rejects.toThrow('no shim');
  });
});

test('folders come before what is in them, each once', () => {
  expect(foldersOf(['/a/b/c', '/a/d', '/e'])).toEqual(['/a', '/a/b']);
});
