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
    'javascript/typescript.mjs': bundle('runtimes/javascript/typescript.ts', [], 'esm'),
    ...packageFiles(),
    'javascript/Dockerfile': read('runtimes/javascript/Dockerfile'),
    ...pythonFiles(),
  };
}

/** What JavaScript actions may require without bringing it along, because OpenWhisk's nodejs images have it. */
const packages = ['needle', 'openwhisk'];

/** Each package in one file, which costs nothing before it is required. They find one another. */
function packageFiles(): Record<string, string> {
  const files = packages.map((name) => {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`)) as { version: string };
    const folder = `javascript/node_modules/${name}`;
    return {
      [`${folder}/package.json`]: JSON.stringify({ name, version, main: 'index.js' }),
      [`${folder}/index.js`]: bundle(`node_modules/${name}`, packages),
    };
  });
  return Object.assign({}, ...files) as Record<string, string>;
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

/** @param external packages that are left out, to be required when it runs */
function bundle(entry: string, external: readonly string[] = [], format: 'cjs' | 'esm' = 'cjs'): string {
  // Another process, because Bun.build waits for the very build that waits for this macro.
  const command = [process.execPath, 'build', entry, '--target=node', `--format=${format}`, '--minify'];
  command.push(...external.filter((name) => !entry.endsWith(`/${name}`)).map((name) => `--external=${name}`));
  const { stdout, stderr, success } = Bun.spawnSync(command, { cwd: root });
  if (!success) throw new Error(`${entry} cannot be bundled: ${stderr.toString()}`);
  return stdout.toString();
}
