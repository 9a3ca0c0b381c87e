import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { LocalSandbox } from '../../src/sandbox/local.ts';
import type { MakeOptions } from '../contract/sandbox.ts';

export function makeSandbox({ dataDir, shimsDir, settings }: MakeOptions): Promise<LocalSandbox> {
  return LocalSandbox.detect({ dataDir, shimsDir, executable: process.execPath, events: new Events(), ...settings });
}

/** Control groups of places of this data folder, wherever this host has them. */
export async function findTraces(dataDir: string): Promise<string[]> {
  const hash = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 6);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const roots = mounts.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '');
  return roots.flatMap((root) => groupsNamed(root, `whisklet-${hash}`)).flatMap(foldersIn);
}

function groupsNamed(folder: string, name: string, depth = 0): string[] {
  if (depth > 6) return [];
  return foldersIn(folder).flatMap((each) => (each.endsWith(`/${name}`) ? [each] : groupsNamed(each, name, depth + 1)));
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
