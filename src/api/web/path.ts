import { DEFAULT_PACKAGE, isName, type QualifiedName } from '../../model/names.ts';

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
  const [first = '', second = '', last = '', ...rest] = path.slice(WEB_PREFIX.length, end).split('/');
  const namespace = nameIn(first);
  const inner = nameIn(second);
  const dot = last.lastIndexOf('.');
  const extension = extensions.find((each) => each === last.slice(dot + 1));
  const name = nameIn(extension && dot >= 0 ? last.slice(0, dot) : last);
  if (namespace === undefined || inner === undefined || name === undefined) return undefined;
  return {
    name: inner === DEFAULT_PACKAGE ? { namespace, name } : { namespace, package: inner, name },
    extension: (dot >= 0 && extension) || 'http',
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
    query: path.slice(end + 1),
  };
}

function nameIn(segment: string): string | undefined {
  let name = segment;
  try {
    if (segment.includes('%')) name = decodeURIComponent(segment);
  } catch {
    return undefined;
  }
  return isName(name) ? name : undefined;
}
