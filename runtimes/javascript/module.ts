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
  readonly name: 'BuildMessage';
  readonly message: string;
  readonly position: { readonly file: string; readonly line: number; readonly column: number } | null;
}

interface ResolveMessage {
  readonly name: 'ResolveMessage';
  readonly message: string;
  readonly code: string;
  readonly requireStack?: readonly string[];
  readonly referrer: string;
}

/** What Bun reports of modules that cannot be parsed or found, in words and classes of its own. Anything else is left as it is. */
export function asNodeSaysIt(error: unknown): unknown {
  const first = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  if (typeof first !== 'object' || first === null) return error;
  const message = first as BuildMessage | ResolveMessage;
  switch (message.name) {
    case 'BuildMessage': {
      const { position } = message;
      const where = position ? `${position.file}:${position.line}:${position.column}` : undefined;
      return withStack(new SyntaxError(message.message), where);
    }
    case 'ResolveMessage': {
      const { code, requireStack, referrer } = message;
      const fields = { code, ...(requireStack && { requireStack }) };
      return Object.assign(withStack(new Error(message.message), referrer), fields);
    }
    default:
      return error;
  }
}

/** The stack of where it was made would be the shim's. */
function withStack(error: Error, where: string | undefined): Error {
  error.stack = `${error.name}: ${error.message}${where === undefined ? '' : `\n    at ${where}`}`;
  return error;
}
