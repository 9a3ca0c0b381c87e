import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carriedBy, giveUpOwnership, takeOwnership } from '../../../src/sandbox/local/leftovers.ts';
import { startOf } from '../../../src/sandbox/local/processes.ts';

let folder: string;
let file: string;
let tmp: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisklet-leftovers-'));
  file = join(folder, 'local', 'owner.json');
  tmp = join(folder, 'places');
  mkdirSync(join(tmp, 'whisklet-abc-1'), { recursive: true });
  mkdirSync(join(folder, 'local'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** As a node that was killed leaves it: the number is another process's now, or nobody's. */
function writeOwner(pid: number, start: string): void {
  writeFileSync(file, JSON.stringify({ pid, start, groups: [], tmp }));
}

test('the first owner finds nothing, and is written down', async () => {
  expect(await takeOwnership(file, { groups: [] })).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid, start: startOf(process.pid), groups: [] });
});

test('what a dead owner left is cleared and counted', async () => {
  writeOwner(process.pid, 'another time');
  const env = { TMPDIR: `${tmp}/whisklet-abc-1/` };
  const child = Bun.spawn(['sh', '-c', 'read line; :'], { stdio: ['pipe', 'ignore', 'ignore'], env });
  expect(`TMPDIR=${env.TMPDIR}`).toStartWith(carriedBy(tmp));
  expect(await takeOwnership(file, { groups: [] })).toBe(1);
  expect(existsSync(tmp)).toBe(false);
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
});

test('what a live owner has is left alone', async () => {
  const { pid } = process;
  writeOwner(pid, startOf(pid) ?? '');
  expect(await takeOwnership(file, { groups: [] })).toBe(0);
  expect(existsSync(tmp)).toBe(true);
});

test('a torn file is as none', async () => {
  writeFileSync(file, '{"pid": 12');
  expect(await takeOwnership(file, { groups: [] })).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8')).pid).toBe(process.pid);
});

test('an owner that gives up leaves no file and no folder', async () => {
  const own = { groups: [join(folder, 'group')], tmp };
  mkdirSync(join(folder, 'group'));
  await takeOwnership(file, own);
  await giveUpOwnership(file, own);
  expect(existsSync(file)).toBe(false);
  expect(existsSync(tmp)).toBe(false);
  expect(existsSync(join(folder, 'group'))).toBe(false);
});
