import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'sucrase';

/**
 * TypeScript under Node: the types are taken away, not checked, and what only types use is not imported, as under Bun.
 * A file of its own beside the shim, for older Nodes load it again in the thread of their module hooks.
 */

/** @throws SyntaxError where the text is no TypeScript */
export function strip(code: string): string {
  return transform(code, { transforms: ['typescript'], disableESTransforms: true }).code;
}

/**
 * A module hook of Node (https://nodejs.org/api/module.html#loadurl-context-nextload), for both of its ways to have them: files of
 * TypeScript become JavaScript.
 */
export function load<Context, Loaded>(url: string, context: Context, next: (url: string, context: Context) => Loaded) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(url)) return next(url, context);
  const source = strip(fs.readFileSync(fileURLToPath(url), 'utf8'));
  return { format: moduleSyntax.test(source) ? 'module' : 'commonjs', source, shortCircuit: true };
}

/** At the beginning of a line, for what stands in a text or a comment is mostly elsewhere. */
const moduleSyntax = /^\s*(import|export)\b(?!\s*\()/m;
