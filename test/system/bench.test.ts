import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Figure } from '../../bench/measure/figure.ts';
import { temporaryFolder } from '../util/whisklet.ts';

/** The command itself; what it measures is not asked here, only that it measures. */

const main = join(import.meta.dir, '../../bench/main.ts');

async function bench(...args: string[]) {
  const run = Bun.spawn([process.execPath, main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, exit] = await Promise.all([run.stdout.text(), run.stderr.text(), run.exited]);
  return { out, err, exit };
}

describe('bun bench', () => {
  test('measures the parts that it is told to, says what it does, and writes the figures', async () => {
    const folder = temporaryFolder();
    const [json, report] = [join(folder.path, 'figures.json'), join(folder.path, 'report.html')];
    const { out, err, exit } = await bench('--quick', '--only', 'choose', '--json', json, '--report', report);
    expect([exit, err]).toEqual([0, '1/1 choose\n']);
    expect(out).toMatch(/pick a stem cell +[\d.]+ µs/);
    const { machine, figures } = (await Bun.file(json).json()) as { machine: { bun: string }; figures: Figure[] };
    expect(machine.bun).toBe(Bun.version);
    expect(figures.map(({ id }) => id)).toContain('part/choose/pick a stem cell');
    expect(await Bun.file(report).text()).toContain('pick a stem cell');
    folder.remove();
  });

  test('measures a whole node beside its floor, having checked that every call left its record', async () => {
    const folder = temporaryFolder();
    const [report, picture] = [join(folder.path, 'report.html'), join(folder.path, 'picture.svg')];
    const files = ['--report', report, '--picture', picture];
    const { out, err } = await bench('--quick', '--only', 'warm,steps,memory', '--sandbox', 'local', ...files);
    expect(err).toStartWith('1/3 warm, local\n2/3 steps, local\n3/3 memory, local');
    expect(out).toMatch(/run of a warm call, mean +[\d.]+ µs/);
    expect(out).toMatch(/memory of a warm JavaScript container, PSS +[\d.]+ MB/);
    const html = await Bun.file(report).text();
    for (const title of ['Cold against warm', 'The share of each step in a call']) expect(html).toContain(title);
    expect(await Bun.file(picture).text()).toContain('Whisklet, isolated process');
    folder.remove();
    expect(out).toMatch(/warm call, p50 +[\d.]+ µs .*× floor +(kept|BROKEN)/);
    expect(out).toMatch(/HTTP \+ pipe = HTTP [\d.]+ µs \+ frame [\d.]+ µs/);
  });

  test('that is asked wrongly says how to ask', async () => {
    const { err, exit } = await bench('--only', 'everything');
    expect([exit, err]).toEqual([2, expect.stringContaining("'everything' is none of frame, ")]);
    expect((await bench('--help')).out).toContain('--sandbox NAME');
  });
});

test('bun bench:compare measures two trees in turn, tells noise for what it is, and leaves no work tree behind', async () => {
  const root = join(import.meta.dir, '../..');
  const compare = join(root, 'bench/compare.ts');
  const args = ['HEAD', '--only', 'choose', '--rounds', '4'];
  const run = Bun.spawn([process.execPath, compare, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, exit] = await Promise.all([run.stdout.text(), run.stderr.text(), run.exited]);
  expect([exit, err.trim().split('\n')]).toEqual([
    0,
    ['this tree', 'HEAD', 'HEAD', 'this tree', 'this tree', 'HEAD', 'HEAD', 'this tree'].map(
      (side, index) => `round ${Math.floor(index / 2) + 1} of 4: ${side}`,
    ),
  ]);
  expect(out).toMatch(/pick a stem cell +[\d.]+ µs .* [+−][\d.]+ % +[\d.]+ +(noise|better|WORSE)/);
  const trees = Bun.spawnSync(['git', 'worktree', 'list', '--porcelain'], { cwd: root }).stdout.toString();
  expect(trees).not.toContain('whisklet-compare-');
}, 60_000);
