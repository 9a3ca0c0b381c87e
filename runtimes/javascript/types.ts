/**
 * JavaScript of a TypeScript text, where this runtime can make it: Bun, and Node from 22.13.
 *
 * @returns undefined where it cannot, or where the text is no TypeScript either
 */
export function stripTypes(code: string): string | undefined {
  try {
    if (process.versions.bun) return new Bun.Transpiler({ loader: 'ts' }).transformSync(code);
    return (require('node:module') as { stripTypeScriptTypes?: (code: string) => string }).stripTypeScriptTypes?.(code);
  } catch {
    return undefined;
  }
}
