import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { importFile, lookUp } from './module.ts';
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
  const module = await loadModule(code, main, join(folder, 'index.mjs'));
  if (!(module instanceof SyntaxError)) return module.found;

  const javascript = stripTypes(code);
  if (javascript !== undefined && javascript !== code) {
    const typed = parseScript(javascript, main, folder);
    if (typeof typed === 'function') return typed();
    const typedModule = await loadModule(javascript, main, join(folder, 'index.ts.mjs'));
    if (!(typedModule instanceof SyntaxError)) return typedModule.found;
  }
  throw moduleSyntax.test(code) ? module : script;
}

/** Only a hint: it decides which of two syntax errors is shown. */
const moduleSyntax = /^\s*(import|export)\b/m;

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

/** @returns a SyntaxError when the text cannot be parsed; whatever it throws when it runs is thrown */
async function loadModule(code: string, main: string, path: string): Promise<{ found: unknown } | SyntaxError> {
  // A module that only uses `import` or a top-level `await` need not export its main.
  const exporting = /^\s*export\b/m.test(code) || !/^[\w$]+$/.test(main);
  for (const text of exporting ? [code] : [`${code}\nexport { ${main} };`, code]) {
    fs.writeFileSync(path, text);
    try {
      return { found: lookUp(await importFile(path), main) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      if (text === code) return error;
    }
  }
  throw new Error('unreachable');
}
