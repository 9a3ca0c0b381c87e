import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readElf } from '../../../src/sandbox/images/elf.ts';

describe('readElf', () => {
  test('reads the loader and the libraries of the program that runs here', async () => {
    const elf = await readElf(process.execPath);
    expect(elf?.interpreter).toMatch(/^\/lib.*\/ld-.*\.so/);
    expect(elf?.needed.some((name) => /^(libc\.so\.6|libc\.musl)/.test(name))).toBe(true);
  });

  test('a library has no loader', async () => {
    const loader = (await readElf(process.execPath))?.interpreter as string;
    expect((await readElf(loader))?.interpreter).toBeUndefined();
  });

  test('other files are none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'elf-'));
    try {
      for (const content of ['', '\x7fELF', '#!/bin/sh\necho hello\n'.repeat(10)]) {
        const path = join(folder, 'file');
        await Bun.write(path, content);
        expect(await readElf(path)).toBeUndefined();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
