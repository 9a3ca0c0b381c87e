import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * JavaScript of a TypeScript text: by Bun itself, by the library beside the shim under Node, whichever Node it is.
 *
 * @returns undefined where the text is no TypeScript either
 */
export async function stripTypes(code: string): Promise<string | undefined> {
  try {
    if (process.versions.bun) return new Bun.Transpiler({ loader: 'ts' }).transformSync(code);
    const { strip } = (await import(beside)) as TypeScript;
    return strip(code);
  } catch {
    return undefined;
  }
}

/** From now on TypeScript files can be imported; Bun can always. */
export async function takeTypeScriptFiles(): Promise<void> {
  if (process.versions.bun) return;
  const { registerHooks, register } = require('node:module') as Hooks;
  // The newer way where there is one: it needs no thread.
  if (registerHooks) registerHooks({ load: ((await import(beside)) as TypeScript).load });
  else register?.(beside);
}

type TypeScript = typeof import('./typescript.ts');

/** Of `node:module`, by the version of Node. */
interface Hooks {
  readonly registerHooks?: (hooks: Pick<TypeScript, 'load'>) => void;
  readonly register?: (module: string) => void;
}

/** `typescript.ts`, bundled: it is read only where there is TypeScript. */
const beside = pathToFileURL(join(dirname(process.argv[1] as string), 'typescript.mjs')).href;
