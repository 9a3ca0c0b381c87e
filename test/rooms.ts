import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * The house rules that docs/architecture.md states, as data: which room may see which, who may import a foreign
 * client, what stands in every source file. `rooms.test.ts` holds the sources to them.
 */

export const root = join(import.meta.dir, '..');

/** What a room may import from, besides itself; `all` for the root files. */
export type Rooms = ReadonlyMap<string, ReadonlySet<string> | 'all'>;

/** A source file as the rules see it. */
export interface Source {
  /** From the project's folder: `src/store/sqlite.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Reads the table of rooms from the document. */
export function readRooms(architecture: string): Rooms {
  const rooms = new Map<string, ReadonlySet<string> | 'all'>();
  for (const line of architecture.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const names = [...(cells[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
    if (cells.length !== 5 || names.length === 0) continue;
    const may = cells[3] as string;
    for (const name of names) {
      const room = name.replace(/\/$/, '');
      if (may.startsWith('all')) rooms.set(room, 'all');
      else rooms.set(room, new Set(may === '–' ? [] : may.split(/\s+/)));
    }
  }
  return rooms;
}

/** All files of a folder that end so, but for those of installed packages. */
export function readSources(folder: string, ending = '.ts'): Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

/** `src/store/sqlite.ts` is in `store`, `src/main.ts` in `main.ts`. */
export function roomOf(path: string): string {
  return path.split('/')[1] as string;
}

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[\s;}])import\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]/g;

/** What a file imports: values, types, for side effects, lazily. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  return [...code.matchAll(IMPORT)].map((match) => (match[1] ?? match[2] ?? match[3]) as string);
}

/** Imports that the table does not allow: `src/api/app.ts → ../store/store.ts`. */
export function brokenArrows(sources: readonly Source[], rooms: Rooms): string[] {
  return sources.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((target) => target.startsWith('.') && !isAllowed(path, target, rooms))
      .map((target) => `${path} → ${target}`),
  );
}

function isAllowed(path: string, target: string, rooms: Rooms): boolean {
  const own = roomOf(path);
  const may = rooms.get(own);
  const to = join(path, '..', target);
  if (may === 'all') return true;
  if (may === undefined || !to.startsWith('src/')) return false;
  const room = roomOf(to);
  return room === own || may.has(room);
}

/** Clients of the outside world, and the files that alone may know them. */
export const foreignClients: Readonly<Record<string, RegExp>> = {
  dockerode: /^src\/sandbox\/docker\.ts$/,
  kafkajs: /^src\/cluster\/kafka(?:\.ts$|\/)/,
  nano: /^src\/store\/couchdb\/client\.ts$/,
  'bun:sqlite': /^src\/store\/sqlite(?:\.ts$|\/)/,
};

/** Imports of a foreign client outside its file. */
export function strayClients(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((target) => foreignClients[target] && !foreignClients[target].test(path))
      .map((target) => `${path} → ${target}`),
  );
}

/** Files that say something they must not, outside those that may. */
export function mentions(sources: readonly Source[], what: RegExp, allowed: RegExp): string[] {
  return sources
    .filter(({ path, text }) => !allowed.test(path) && what.test(withoutComments(text)))
    .map(({ path }) => path);
}

/** Rows of rooms that name each other, directly or around: a way down and back up. */
export function cycles(rooms: Rooms): string[] {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    const next = rooms.get(from);
    if (!next || next === 'all') return false;
    return [...next].some((room) => {
      if (room === to) return true;
      if (seen.has(room)) return false;
      seen.add(room);
      return reaches(room, to, seen);
    });
  };
  return [...rooms.keys()].filter((room) => reaches(room, room));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
