import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { importFile, lookUp, type Namespace } from './module.ts';
import { stripTypes } from './types.ts';

/**
 * Loads code that came as one text. It is a script as OpenWhisk knows it if it can be parsed as one, else an ES
 * module, else either of them with TypeScript's types taken away.
 *
 * @returns what `main` names in it, whatever that is
 */
export async function loadText(code: string, main: string, folder: string): Promise<unknown> {
  const script = parseScript(code, main, folder);
  if (typeof script === 'function') return script();
  const module = await loadModule(code, main, join(folder, 'index'));
  if (!(module instanceof SyntaxError)) return module.found;

  const javascript = await stripTypes(code);
  if (javascript !== undefined && javascript !== code) {
    const typed = parseScript(javascript, main, folder);
    if (typeof typed === 'function') return typed();
    const typedModule = await loadModule(javascript, main, join(folder, 'index.ts'));
    if (!(typedModule instanceof SyntaxError)) return typedModule.found;
  }
  throw moduleSyntax.test(code) ? module : script;
}

/** Only a hint: it decides which of two syntax errors is shown. */
const moduleSyntax = /\b(import|export|await)\b/;

/**
 * Parses the text as a script that sees `require`, `module` and `exports`. Sloppy mode, as `eval` in runner.js:
 * variables need no declaration.
 */
function parseScript(code: string, main: string, folder: string): (() => unknown) | SyntaxError {
  const path = join(folder, 'index.js');
  const text = `(function (exports, require, module, __filename, __dirname) {${code}
try { return ${main} } catch (error) {
  if (error.name !== 'ReferenceError') throw error;
  return module.exports.${main} || exports.${main};
}})
//# sourceURL=${path}`;
  let script: (...scope: unknown[]) => unknown;
  try {
    // Called by another name it runs in the global scope and sees nothing of the shim.
    script = globalEval(text) as typeof script;
  } catch (error) {
    return error as SyntaxError;
  }
  return () => {
    const module = { exports: {}, filename: path, id: path };
    return script(module.exports, createRequire(path), module, path, folder);
  };
}

// biome-ignore lint/security/noGlobalEval: running code that came as text is what this file is for
const globalEval = eval;

/** The name under which a main that is not exported is exported all the same. */
const ALIAS = 'whisklet_main';

/** @returns a SyntaxError when the text cannot be parsed; whatever it throws when it runs is thrown */
async function loadModule(code: string, main: string, name: string): Promise<{ found: unknown } | SyntaxError> {
  if (/^[\w$]+$/.test(main)) {
    // Where nothing at the top has the name this cannot be parsed, and nothing runs.
    const module = await tryImport(`${name}.main.mjs`, `${code}\nexport { ${main} as ${ALIAS} };`);
    if (!(module instanceof SyntaxError)) return { found: module[ALIAS] };
  }
  const module = await tryImport(`${name}.mjs`, code);
  return module instanceof SyntaxError ? module : { found: lookUp(module, main) };
}

/** Each text has a file of its own, because what an import once said of a path stands for ever. */
async function tryImport(path: string, text: string): Promise<Namespace | SyntaxError> {
  fs.writeFileSync(path, text);
  try {
    return await importFile(path);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}
