import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { tasksOf } from '../../src/sandbox/local/processes.ts';
import { whyNotIsolated } from '../util/tools.ts';
import { sandboxContract } from './sandbox.ts';

/** Every way in which this host can isolate, with control groups and without. */
const module = join(import.meta.dir, '../util/local-sandbox.ts');

const isolated = [
  { isolation: 'bubblewrap', missing: whyNotIsolated('bubblewrap'), rounds: 100 },
  // A start takes six times as long.
  { isolation: 'unshare', missing: whyNotIsolated('unshare'), rounds: 20 },
];
const isRoot = process.getuid?.() === 0;
const openToAll = {
  reason: 'plain processes are not isolated',
  tests: ['the data of the node cannot be read', 'other processes cannot be seen or signalled'],
};
const sameUser = {
  reason: 'plain processes of a node that is not root are its own user',
  tests: [
    'temporary files are private to the place',
    'the system cannot be written',
    'no file that the place runs can be changed',
  ],
};
/** Of a node that is not root: beyond what its user has already. Others may start a few meanwhile. */
const bounded = {
  settings: { processes: 300, spareProcesses: 0 },
  processLimit: (isolation: string) =>
    isolation.includes('control groups (v') ? undefined : tasksOf(process.getuid?.() ?? 0) + 300 + 20,
};

for (const cgroups of [true, false]) {
  const limits = cgroups ? '' : ', watched';
  for (const { isolation, missing, rounds } of isolated) {
    sandboxContract({
      name: `local: ${isolation}${limits}`,
      module,
      settings: { isolation, cgroups },
      missing,
      rounds,
    });
  }
  sandboxContract({
    name: `local: plain${limits}`,
    module,
    ...(isRoot ? undefined : bounded),
    settings: { isolation: 'plain', cgroups, ...(isRoot ? undefined : bounded.settings) },
    skip: isRoot ? [openToAll] : [openToAll, sameUser],
  });
}

test.skipIf(!isRoot)(
  'all of this holds for a node that is not root, too',
  async () => {
    const drop = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const child = Bun.spawn([...drop, process.execPath, 'test', import.meta.path], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', HOME: '/tmp', TMPDIR: '/tmp' },
    });
    const [said] = await Promise.all([child.stderr.text(), child.exited]);
    const failed = said.split('\n').filter((line) => line.startsWith('(fail)'));
    expect(failed).toEqual([]);
    expect(child.exitCode).toBe(0);
  },
  300_000,
);
