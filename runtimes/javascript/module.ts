/** ES modules, and what Bun and Node say when one cannot be had. */

export type Namespace = Readonly<Record<string, unknown>>;

/**
 * Imports a file, of either kind.
 *
 * @param path absolute
 * @throws what the module threw; a SyntaxError where it cannot be parsed, whatever the engine calls that
 */
export async function importFile(path: string): Promise<Namespace> {
  try {
    return (await import(path)) as Namespace;
  } catch (error) {
    throw asNodeSaysIt(error);
  }
}

/** The function at `path` among the exports; a default export may be the function itself, or hold it. */
export function lookUp(exports: Namespace, path: string): unknown {
  const named = follow(exports, path);
  if (typeof named === 'function') return named;
  const held = follow(exports.default, path);
  if (typeof held === 'function') return held;
  return path === 'main' ? exports.default : undefined;
}

function follow(from: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Namespace | null | undefined)?.[name], from);
}

interface BuildMessage {
  readonly name: string;
  readonly message: string;
  readonly position: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** Bun's bundler reports what it finds in its own words and classes. */
function asNodeSaysIt(error: unknown): unknown {
  const first = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  if (typeof first !== 'object' || first === null || (first as BuildMessage).name !== 'BuildMessage') return error;
  const { message, position } = first as BuildMessage;
  const syntaxError = new SyntaxError(message);
  const where = position ? `\n    at ${position.file}:${position.line}:${position.column}` : '';
  syntaxError.stack = `SyntaxError: ${message}${where}`;
  return syntaxError;
}
