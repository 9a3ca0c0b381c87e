import { DEFAULT_PACKAGE, isName, type QualifiedName } from '../model/names.ts';

/** What a web path names: `/api/v1/web/{ns}/{package|default}/{action}[.ext][/rest][?query]` (WEB-01). */
export interface WebTarget {
  readonly name: QualifiedName;
  readonly extension: Extension;
  /** What follows the action: `` or `/a/b`. */
  readonly rest: string;
  /** As it came, without the `?`. */
  readonly query: string;
}

export const extensions = ['http', 'json', 'html', 'svg', 'text'] as const;
/** How the result becomes an answer. */
export type Extension = (typeof extensions)[number];

export const WEB_PREFIX = '/api/v1/web/';

/** @param path with its query, beginning with `/api/v1/web/`; undefined when it names no action */
export function webTarget(path: string): WebTarget | undefined {
  const mark = path.indexOf('?');
  const end = mark < 0 ? path.length : mark;
  const [namespace, inner, last, ...rest] = path.slice(WEB_PREFIX.length, end).split('/');
  const parts = [namespace, inner, last].map(decoded);
  if (!parts.every((part): part is string => part !== undefined && isName(part))) return undefined;
  const [ns, pkg, action] = parts as [string, string, string];
  const extension = extensions.find((each) => action.endsWith(`.${each}`));
  const name = extension ? action.slice(0, -extension.length - 1) : action;
  if (!isName(name)) return undefined;
  return {
    name: pkg === DEFAULT_PACKAGE ? { namespace: ns, name } : { namespace: ns, package: pkg, name },
    extension: extension ?? 'http',
    rest: rest.map((segment) => `/${segment}`).join(''),
    query: path.slice(end + 1),
  };
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
