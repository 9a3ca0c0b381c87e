/**
 * What `npm test` runs: every test that this machine can run, then a summary whose last line says
 * `N passed, N failed` (`, N skipped` when some were). Arguments go to `bun test`: `npm test -- test/unit`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport, summarize } from './report.ts';

/** Of a test that does not say. */
const TIMEOUT_MS = 30_000;
const root = join(import.meta.dir, '..');

async function main(args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-tests-'));
  const file = join(folder, 'report.xml');
  try {
    const command = [
      process.execPath,
      'test',
      `--timeout=${TIMEOUT_MS}`,
      '--reporter=junit',
      `--reporter-outfile=${file}`,
      ...args,
    ];
    const tests = Bun.spawn(command, { cwd: root, stdio: ['inherit', 'inherit', 'inherit'] });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tests.kill(signal));
    const exit = await tests.exited;
    const results = existsSync(file) ? readReport(readFileSync(file, 'utf8')) : [];
    const { lines, failed } = summarize(results, exit);
    for (const line of lines) console.log(line);
    return failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)));
