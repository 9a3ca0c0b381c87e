import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareUsage, readCompareOptions } from './compare-options.ts';
import { describeMachine } from './machine.ts';
import { differences } from './measure/difference.ts';
import type { Figure } from './measure/figure.ts';
import { OptionsError } from './options.ts';
import { Cleanup } from './process/cleanup.ts';
import { type Compared, comparisonOf } from './report/comparison.ts';
import { Progress } from './report/progress.ts';
import { machineText } from './report/table.ts';
import { TREE_VARIABLE } from './tree.ts';

/**
 * `bun bench:compare [ref]`: this tree against another commit. Each round measures both, the one that was second being first in the
 * next, and each in processes of its own; the same client and floors serve both. What a round says of a figure is one number.
 */

const root = join(import.meta.dir, '..');

interface Side {
  readonly name: string;
  /** Where its sources are. */
  readonly tree: string;
  /** One list of figures a round. */
  readonly rounds: (readonly Figure[])[];
}

async function git(...args: string[]): Promise<string> {
  const run = Bun.spawn(['git', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, exit] = await Promise.all([run.stdout.text(), run.stderr.text(), run.exited]);
  if (exit !== 0) throw new OptionsError(`git ${args.join(' ')}: ${err.trim()}`);
  return out.trim();
}

/** The commit in a work tree of its own, with the packages of this one where they are the same. */
async function checkOut(ref: string, cleanup: Cleanup, progress: Progress): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-compare-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const other = join(folder, 'tree');
  await git('worktree', 'add', '--detach', other, ref);
  cleanup.add(() => git('worktree', 'remove', '--force', other));
  const lock = 'package-lock.json';
  const isSame = (await Bun.file(join(other, lock)).text()) === (await Bun.file(join(root, lock)).text());
  if (isSame && existsSync(join(root, 'node_modules'))) {
    symlinkSync(join(root, 'node_modules'), join(other, 'node_modules'));
  } else {
    progress.begin('installing the packages of the other commit');
    const install = Bun.spawn(['npm', 'ci', '--no-audit', '--no-fund'], {
      cwd: other,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if ((await install.exited) !== 0) throw new Error(`npm ci: ${await install.stderr.text()}`);
  }
  return other;
}

/** One run of this tree's bench, with nodes of that tree. */
async function measure(tree: string, only: readonly string[], sandbox: string, cleanup: Cleanup): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-compare-'));
  const json = join(folder, 'figures.json');
  const args = ['--quick', '--only', only.join(','), '--sandbox', sandbox, '--json', json];
  const run = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), ...args], {
    env: { ...process.env, [TREE_VARIABLE]: tree },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  cleanup.add(() => run.kill());
  try {
    const [errors] = await Promise.all([run.stderr.text(), run.exited]);
    // It ends with 1, too, when a promise was broken.
    if (!existsSync(json)) throw new Error(`the bench failed: ${errors.trim()}`);
    return ((await Bun.file(json).json()) as { figures: Figure[] }).figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function standardRef(): Promise<string> {
  return (await git('status', '--porcelain', '--untracked-files=no')) === '' ? 'HEAD^' : 'HEAD';
}

async function main(args: readonly string[], cleanup: Cleanup): Promise<void> {
  const options = readCompareOptions(args);
  if (options.help) return console.log(compareUsage);
  const ref = options.ref ?? (await standardRef());
  const progress = new Progress();
  const here: Side = { name: 'this tree', tree: root, rounds: [] };
  const there: Side = { name: ref, tree: await checkOut(ref, cleanup, progress), rounds: [] };
  for (let round = 1; round <= options.rounds; round++) {
    // A, B, B, A, A, B …: whatever gets better or worse with time meets both alike.
    for (const side of round % 2 === 1 ? [here, there] : [there, here]) {
      progress.begin(`round ${round} of ${options.rounds}: ${side.name}`);
      side.rounds.push(await measure(side.tree, options.only, options.sandbox, cleanup));
    }
  }
  progress.end();
  const compared = compare(here, there);
  const machine = await describeMachine();
  const commit = await git('rev-parse', '--short=12', ref);
  console.log([machineText(machine), comparisonOf(compared, `${ref} (${commit})`)].join('\n\n'));
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ machine, ref, commit, compared }, null, 2)}\n`);
  }
}

/** The figures that both have, in each round. */
function compare(here: Side, there: Side): Compared[] {
  const valuesOf = (side: Side, id: string) =>
    side.rounds.flatMap((figures) => figures.filter((each) => each.id === id).map(({ value }) => value));
  const figures = (here.rounds[0] ?? []).filter(({ id }) => valuesOf(there, id).length === there.rounds.length);
  const pairs = figures.map(({ id }) => ({ here: valuesOf(here, id), there: valuesOf(there, id) }));
  const found = differences(pairs);
  return figures.map(({ id, title, unit, better }, index) => ({
    ...{ id, title, unit, better },
    ...(pairs[index] as (typeof pairs)[number]),
    ...(found[index] as (typeof found)[number]),
  }));
}

const cleanup = new Cleanup();
const hurry = () => void cleanup.run().finally(() => process.exit(130));
process.once('SIGINT', hurry).once('SIGTERM', hurry);
try {
  await main(process.argv.slice(2), cleanup);
} catch (error) {
  const isUsage = error instanceof OptionsError;
  console.error(`bench:compare: ${isUsage ? error.message : (error as Error).stack}`);
  process.exitCode = isUsage ? 2 : 1;
} finally {
  await cleanup.run();
}
process.exit();
