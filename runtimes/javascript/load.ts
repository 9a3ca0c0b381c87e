import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { unpack } from './archive.ts';
import { CodeError } from './code-error.ts';
import { collect } from './collect.ts';
import { importFile, lookUp } from './module.ts';
import { loadText } from './text.ts';
import { takeTypeScriptFiles } from './types.ts';

/** An archive of this size has memory collected for it, which takes some milliseconds. */
const LARGE_BYTES = 4 * 1024 * 1024;

export type Main = (args: unknown) => unknown;

export interface Code {
  /** `main`, or a path such as `foo.bar`; in an archive `file.function`. */
  readonly main: string;
  /** Text, or base64 of an archive when `binary`. */
  readonly code: string;
  readonly binary: boolean;
}

/**
 * Loads an action as OpenWhisk's nodejs runtime does (runner.js, initializeActionHandler), and ES modules and
 * TypeScript besides.
 *
 * @param folder empty, and the current one: texts and archives are laid there
 * @throws CodeError with OpenWhisk's sentence, or what the code itself threw
 */
export async function load({ main, code, binary }: Code, folder: string): Promise<Main> {
  const found = binary ? await loadArchive(code, main, folder) : await loadText(code, main, folder);
  if (typeof found !== 'function') throw new CodeError(`Action entrypoint '${main}' is not a function.`);
  return found as Main;
}

async function loadArchive(code: string, main: string, folder: string): Promise<unknown> {
  const archive = Buffer.from(code, 'base64');
  // The frame that it came in is not needed any more, and there is to be room for what is in it.
  if (archive.length > LARGE_BYTES) collect();
  await unpack(archive, folder);
  const [file, path] = splitMain(main);
  if (file === undefined && !roots.some((name) => fs.existsSync(join(folder, name)))) {
    throw new CodeError('Zipped actions must contain either package.json or index.js at the root.');
  }
  const entry = resolveEntry(folder, file);
  if (/\.m?ts$/.test(entry)) await takeTypeScriptFiles();
  return lookUp(await importFile(entry), path);
}

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts'];
const roots = ['package.json', ...extensions.map((extension) => `index${extension}`)];

/** `function`, or `file.function`, or `file.path.to.function`. */
function splitMain(main: string): [file: string | undefined, path: string] {
  const dot = main.indexOf('.');
  if (dot === -1) return [undefined, main];
  if (dot === 0 || dot === main.length - 1) throw new CodeError('Name of main function is not valid.');
  return [main.slice(0, dot), main.slice(dot + 1)];
}

function resolveEntry(folder: string, file: string | undefined): string {
  const wanted = file === undefined ? folder : join(folder, file);
  try {
    return createRequire(join(folder, 'index.js')).resolve(wanted);
  } catch (error) {
    // What Node's require does not look for.
    const stem = file === undefined ? join(folder, 'index') : wanted;
    const found = extensions.map((extension) => stem + extension).find((path) => fs.existsSync(path));
    if (found === undefined) throw (file === undefined && missingMain(folder)) || error;
    return found;
  }
}

/** What Node says where `package.json` names a file that is not there; Bun only says that there is nothing to load. */
function missingMain(folder: string): Error | undefined {
  const path = join(folder, 'package.json');
  const described = fs.existsSync(path)
    ? (JSON.parse(fs.readFileSync(path, 'utf8')) as { main?: unknown } | null)
    : null;
  const main = described?.main;
  if (typeof main !== 'string') return undefined;
  const why = 'Please verify that the package.json has a valid "main" entry';
  return Object.assign(new Error(`Cannot find module '${join(folder, main)}'. ${why}`), { code: 'MODULE_NOT_FOUND' });
}
