import { createReadStream, existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Docker } from '../../src/sandbox/docker.ts';
import { run } from '../../src/sandbox/run.ts';
import { temporaryFolder } from './whisklet.ts';

/** What stands in for the base images that the Dockerfiles of the runtimes name, where no registry can be reached. */
export interface BaseImage {
  /** Files of this host, which lie at the same paths in the image. */
  readonly files: readonly string[];
  /** Where its commands are. */
  readonly path: string;
}

/** An image with nothing but this program of this host, and the shell. */
export async function programBase(program: string): Promise<BaseImage> {
  const real = realpathSync(program);
  return { files: await withLibraries([program, real, '/bin/sh']), path: `${dirname(program)}:/usr/bin:/bin` };
}

const ASK_PYTHON =
  'import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path("stdlib"))';
/** What no action needs: it makes most of the size. */
const LEFT_OUT =
  /\/(test|tests|idlelib|tkinter|turtledemo|ensurepip|site-packages|dist-packages|config-[^/]*|__pycache__)\//;

/** The same of this host's Python, with its standard library. Undefined where there is none. */
export async function pythonBase(): Promise<BaseImage | undefined> {
  const command = Bun.which('python3');
  if (command === null) return undefined;
  const { code, output } = await run([command, '-I', '-c', ASK_PYTHON], 5_000);
  const [executable, library] = output.trim().split('\n');
  if (code !== 0 || !executable || !library) return undefined;
  const link = join(dirname(executable), 'python3');
  const modules = readdirSync(library, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !LEFT_OUT.test(path));
  const loaded = modules.filter((path) => path.endsWith('.so'));
  const programs = await withLibraries([executable, link, '/bin/sh', ...loaded]);
  return { files: [...new Set([...programs, ...modules])], path: `${dirname(executable)}:/usr/bin:/bin` };
}

/** Makes the image in the engine, marked with this label. */
export async function importBase(engine: Docker, base: BaseImage, name: string, label: string): Promise<void> {
  // Links become what they lead to. The empty folder /tmp is open to all, as in any image of others.
  const folder = temporaryFolder();
  try {
    // By way of a file: Bun breaks now and then as it turns a pipe's stream into one of Node.
    const file = join(folder.path, 'base.tar');
    const tar = Bun.spawn(['tar', '--create', '--dereference', '--no-recursion', '--files-from=-', `--file=${file}`], {
      cwd: '/',
      stdin: Buffer.from(['/tmp', ...base.files].map((path) => path.slice(1)).join('\n')),
      stderr: 'inherit',
    });
    const exit = await tar.exited;
    if (exit !== 0) throw new Error(`tar ended with ${exit}`);
    const [repo, tag = 'latest'] = name.split(':');
    const changes = [`ENV PATH=${base.path}`, `LABEL ${label}`];
    await engine.importImage(createReadStream(file), repo as string, tag, changes);
  } finally {
    folder.remove();
  }
}

/** The files, and all that the loader needs for them. */
async function withLibraries(files: readonly string[]): Promise<string[]> {
  const there = files.filter((path) => existsSync(path));
  const { output } = await run(['ldd', ...there], 20_000);
  const libraries = [...output.matchAll(/(?:=> |^\t)(\/\S+) \(0x/gm)].map(([, path]) => path as string);
  return [...new Set([...there, ...libraries])];
}
