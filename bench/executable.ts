import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeCommand } from './node/node.ts';
import type { Cleanup } from './process/cleanup.ts';
import { tree } from './tree.ts';

/** Builds the executable of this tree into a folder of its own, so that it is never an older one; once a run. */
export function buildOnce(cleanup: Cleanup): () => Promise<NodeCommand> {
  let built: Promise<NodeCommand> | undefined;
  return () => {
    built ??= build(cleanup);
    return built;
  };
}

async function build(cleanup: Cleanup): Promise<NodeCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'whisklet');
  const script = join(tree, 'scripts/build.ts');
  const run = Bun.spawn([process.execPath, script, '--outfile', outfile], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [errors, exit] = await Promise.all([run.stderr.text(), run.exited]);
  if (exit !== 0) throw new Error(`the executable cannot be built: ${errors.trim()}`);
  return [outfile];
}
