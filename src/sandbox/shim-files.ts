import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

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

/**
 * The JavaScript shim once more, for this executable alone: in Bun's form, with the bytecode that its engine makes of it, so that
 * no start must compile it. In base64. A Bun that did not make the bytecode passes over it.
 */
export function readCompiledFiles(): Record<string, string> {
  const [text, bytecode] = compile('runtimes/javascript/shim.ts');
  return { 'javascript/shim.bun.js': text, 'javascript/shim.bun.js.jsc': bytecode };
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
  const left = external.filter((name) => !entry.endsWith(`/${name}`)).map((name) => `--external=${name}`);
  return build(entry, ['--target=node', `--format=${format}`, ...left]).toString();
}

/** The text and its bytecode, in base64. */
function compile(entry: string): [string, string] {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-shims-'));
  try {
    build(entry, ['--target=bun', '--format=cjs', '--bytecode', `--outdir=${folder}`]);
    const text = join(folder, basename(entry).replace(/\.ts$/, '.js'));
    return [readFileSync(text, 'base64'), readFileSync(`${text}.jsc`, 'base64')];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the bundler prints. */
function build(entry: string, options: readonly string[]): Buffer {
  // Another process, because Bun.build waits for the very build that waits for this macro.
  const command = [process.execPath, 'build', entry, '--minify', ...options];
  const { stdout, stderr, success } = Bun.spawnSync(command, { cwd: root });
  if (!success) throw new Error(`${entry} cannot be bundled: ${stderr.toString()}`);
  return stdout;
}
