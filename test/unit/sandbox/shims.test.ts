import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shimEntries, unpackShims } from '../../../src/sandbox/shims.ts';

const root = mkdtempSync(join(tmpdir(), 'whisklet-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('shims', () => {
  test('are laid into a folder named after their content, one folder for each family', async () => {
    const folder = await unpackShims(join(root, 'a/b'));
    expect(folder).toMatch(new RegExp(`^${join(root, 'a/b')}/[0-9a-f]{16}$`));
    for (const [family, entry] of Object.entries(shimEntries)) {
      expect(statSync(join(folder, family, entry)).size).toBeGreaterThan(1000);
      expect(readFileSync(join(folder, family, 'Dockerfile'), 'utf8')).toContain(entry);
    }
    expect(readFileSync(join(folder, 'javascript/shim.js'), 'utf8')).not.toContain('import.meta');
    expect(readdirSync(join(root, 'a/b')).length).toBe(1);
  });

  test('have the JavaScript one compiled for this executable, which starts from its bytecode', async () => {
    const folder = await unpackShims(join(root, 'compiled'));
    expect(readFileSync(join(folder, 'javascript/shim.bun.js'), 'utf8')).toStartWith('// @bun @bytecode @bun-cjs\n');
    expect(statSync(join(folder, 'javascript/shim.bun.js.jsc')).size).toBeGreaterThan(10_000);
  });

  test('can be read by every user, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      const folder = await unpackShims(join(root, 'umask'));
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const stat = statSync(join(folder, path));
        expect(stat.mode & 0o777).toBe(stat.isDirectory() ? 0o755 : 0o644);
      }
      expect(statSync(folder).mode & 0o777).toBe(0o755);
    } finally {
      process.umask(umask);
    }
  });

  test('are written once: a second time nothing is touched', async () => {
    const folder = await unpackShims(join(root, 'once'));
    const mark = join(folder, 'mark');
    writeFileSync(mark, '');
    expect(await unpackShims(join(root, 'once'))).toBe(folder);
    expect(statSync(mark).isFile()).toBe(true);
  });

  test('may be unpacked by several nodes at the same moment', async () => {
    const folders = await Promise.all(Array.from({ length: 5 }, () => unpackShims(join(root, 'race'))));
    expect(new Set(folders).size).toBe(1);
    expect(readdirSync(join(root, 'race')).length).toBe(1);
  });
});
