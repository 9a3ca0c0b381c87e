/**
 * Makes the one file: `bun run build` writes dist/whisklet for this machine,
 * `bun run build --target linux-arm64` writes dist/whisklet-linux-arm64.
 *
 * Another target needs Bun for that target, which comes from the npm registry into a temporary folder.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dir, '..');

/** Threads are found by their own file: each is one more entry of the build. */
const workers = ['src/store/sqlite/writer.ts'];

/** Bun's name of the target, its package, and npm's name of the processor. */
const targets = {
  'linux-x64': { bun: 'bun-linux-x64', package: '@oven/bun-linux-x64', cpu: 'x64' },
  // For processors without AVX2.
  'linux-x64-baseline': { bun: 'bun-linux-x64-baseline', package: '@oven/bun-linux-x64-baseline', cpu: 'x64' },
  'linux-arm64': { bun: 'bun-linux-arm64', package: '@oven/bun-linux-aarch64', cpu: 'arm64' },
} as const;

type Target = keyof typeof targets;

class BuildError extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { target: { type: 'string' }, outfile: { type: 'string' } },
  });
  const target = readTarget(values.target);
  const outfile = resolve(values.outfile ?? join(root, 'dist', target ? `whisklet-${target}` : 'whisklet'));
  mkdirSync(dirname(outfile), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-build-'));
  try {
    const executable = target ? await fetchBun(target, folder) : process.execPath;
    await compile(outfile, target, executable);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const megabytes = Math.round(statSync(outfile).size / 1024 ** 2);
  console.log(`${relative(process.cwd(), outfile)}: ${megabytes} MB, ${await commit()}`);
}

function readTarget(name: string | undefined): Target | undefined {
  if (name === undefined) return undefined;
  if (Object.hasOwn(targets, name)) return name as Target;
  throw new BuildError(`there is no target '${name}', only ${Object.keys(targets).join(', ')}`);
}

async function compile(outfile: string, target: Target | undefined, executablePath: string): Promise<void> {
  const result = await Bun.build({
    entrypoints: ['src/main.ts', ...workers].map((path) => join(root, path)),
    root: join(root, 'src'),
    minify: true,
    // Starts in half the time, for 7 MB.
    bytecode: true,
    format: 'esm',
    define: {
      WHISKLET_COMMIT: JSON.stringify(await commit()),
      WHISKLET_BUILT: JSON.stringify(new Date().toISOString()),
    },
    throw: false,
    compile: {
      ...(target ? { target: targets[target].bun } : {}),
      executablePath,
      outfile,
      // The node reads its own settings only, and never runs what happens to lie in the folder it is started in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  if (!result.success) throw new BuildError(result.logs.map(String).join('\n'));
}

/** Bun for the target, in the version that builds. */
async function fetchBun(target: Target, folder: string): Promise<string> {
  const { package: name, cpu } = targets[target];
  const wanted = `${name}@${Bun.version}`;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const install = Bun.spawn([process.execPath, 'add', '--no-save', '--os', 'linux', '--cpu', cpu, wanted], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, exit] = await Promise.all([install.stderr.text(), install.exited]);
  const executable = join(folder, 'node_modules', name, 'bin', 'bun');
  if (exit === 0 && (await Bun.file(executable).exists())) return executable;
  throw new BuildError(`${wanted}, which the target needs, cannot be had from the npm registry:\n${said.trim()}`);
}

/** The commit that is built, with a plus sign when files differ from it. */
async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const run = Bun.spawn(['git', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    return (await run.exited) === 0 ? (await run.stdout.text()).trim() : undefined;
  };
  const hash = await git('rev-parse', '--short=12', 'HEAD').catch(() => undefined);
  if (hash === undefined) return 'without git';
  return (await git('status', '--porcelain', '--untracked-files=no')) === '' ? hash : `${hash}+`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`build: ${(error as Error).message}`);
  process.exit(1);
}
