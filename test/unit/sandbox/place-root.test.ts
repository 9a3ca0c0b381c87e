import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeMountPoint, makePlaceRoot } from '../../../src/sandbox/local/place-root.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisklet-root-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const make = () => makePlaceRoot({ folder, executable: process.execPath, uids: { first: 700_000, count: 3 } });
const modeOf = (path: string) => statSync(join(folder, path)).mode & 0o777;

test('there is a mount point for everything that is mounted, a file for a file', async () => {
  const { mounts } = await make();
  for (const { from, to } of mounts) {
    expect(statSync(join(folder, to)).isDirectory()).toBe(statSync(from).isDirectory());
  }
  expect(mounts).toContainEqual({ from: process.execPath, to: '/whisklet/bin/bun' });
});

test('system folders that are links on the host are the same links', async () => {
  await make();
  for (const path of ['/bin', '/lib']) {
    if (lstatSync(path).isSymbolicLink()) expect(readlinkSync(join(folder, path))).toBe(readlinkSync(path));
  }
});

test('users of places have names, and nobody else of the host has', async () => {
  await make();
  const names = readFileSync(join(folder, 'etc/passwd'), 'utf8').trim().split('\n');
  expect(names.filter((line) => line.startsWith('action:')).length).toBe(3);
  expect(names.length).toBe(5);
});

test('other users may read it, whatever the umask', async () => {
  const umask = process.umask(0o077);
  try {
    await make();
  } finally {
    process.umask(umask);
  }
  expect(['etc', 'whisklet', 'whisklet/bin', 'tmp'].map(modeOf)).toEqual([0o755, 0o755, 0o755, 0o755]);
  expect(modeOf('etc/passwd')).toBe(0o644);
});

test('it can be made again over an older one', async () => {
  await make();
  await make();
  await makeMountPoint(folder, { from: '/usr', to: '/opt/deep/python' });
  await makeMountPoint(folder, { from: '/usr', to: '/opt/deep/python' });
  expect(existsSync(join(folder, 'opt/deep/python'))).toBe(true);
});
