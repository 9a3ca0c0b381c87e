import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A macro: Bun calls it while it compiles `shims.ts`, from source and for the executable alike, and puts what it
 * answers in the place of the call. So the executable has the shims inside, and no step must be run before a start.
 */

const root = join(import.meta.dir, '../..');

/** Every file of the shims by its path, `family/file`. */
export function readShimFiles(): Record<string, string> {
  return {
    'javascript/shim.js': bundle('runtimes/javascript/shim.ts'),
    // Actions may `require('openwhisk')`: OpenWhisk's nodejs images have it too.
    'javascript/openwhisk.js': bundle('node_modules/openwhisk'),
    'javascript/Dockerfile': read('runtimes/javascript/Dockerfile'),
    ...pythonFiles(),
  };
}

function pythonFiles(): Record<string, string> {
  const names = readdirSync(join(root, 'runtimes/python'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py') || name === 'Dockerfile')
    .sort();
  return Object.fromEntries(names.map((name) => [`python/${name}`, read(`runtimes/python/${name}`)]));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function bundle(entry: string): string {
  // Another process, because Bun.build waits for the very build that waits for this macro.
  const command = [process.execPath, 'build', entry, '--target=node', '--format=cjs', '--minify'];
  const { stdout, stderr, success } = Bun.spawnSync(command, { cwd: root });
  if (!success) throw new Error(`${entry} cannot be bundled: ${stderr.toString()}`);
  return stdout.toString();
}
