import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  brokenArrows,
  cycles,
  importsOf,
  mentions,
  readRooms,
  readSources,
  roomOf,
  root,
  strayClients,
} from './rooms.ts';

const rooms = readRooms(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));
const sources = readSources('src');
const MAX_LINES = 500;

describe('the house', () => {
  test('has the rooms that docs/architecture.md names, and no others', () => {
    const unknown = sources.map(({ path }) => roomOf(path)).filter((room) => !rooms.has(room));
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('has a table in which rows name only known rooms, and none that leads back', () => {
    const named = [...rooms.values()].flatMap((may) => (may === 'all' ? [] : [...may]));
    expect(named.filter((room) => !rooms.has(room))).toEqual([]);
    expect(cycles(rooms)).toEqual([]);
  });

  test('imports only downward, types too', () => {
    expect(brokenArrows(sources, rooms)).toEqual([]);
  });

  test('knows each foreign client in one file', () => {
    expect(strayClients(sources)).toEqual([]);
  });

  test('reads the environment in one file', () => {
    expect(
      mentions(sources, /\bprocess\s*\.\s*env\b|\bBun\s*\.\s*env\b|import\.meta\.env/, /^src\/config\.ts$/),
    ).toEqual([]);
  });

  test('prints only from the command line, and logs only where the root says', () => {
    // `console` is the linter's to find: here it would also be found in the texts of programs for children.
    const printing = /\bprocess\s*\.\s*(?:stdout|stderr)\b/;
    expect(mentions(sources, printing, /^src\/(?:cli\/.*|main\.ts|node\.ts)$/)).toEqual([]);
  });

  test('ends the process only from the command line', () => {
    expect(mentions(sources, /\bprocess\s*\.\s*exit\s*\(/, /^src\/main\.ts$/)).toEqual([]);
  });

  test(`has no file of more than ${MAX_LINES} lines`, () => {
    const files = ['src', 'runtimes', 'bench', 'scripts'].filter((folder) => existsSync(join(root, folder)));
    const long = files
      .flatMap((folder) => [...readSources(folder), ...readSources(folder, '.js'), ...readSources(folder, '.py')])
      .filter(({ text }) => text.split('\n').length - 1 > MAX_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules find what they look for:', () => {
  const table = readRooms(
    [
      '| `main.ts` | x | all; nobody sees them |',
      '| `api/` | x | store model |',
      '| `store/` | x | model |',
      '| `model/` | x | – |',
    ].join('\n'),
  );

  test('the table of the document', () => {
    expect(table.get('main.ts')).toBe('all');
    expect(table.get('api')).toEqual(new Set(['store', 'model']));
    expect(table.get('model')).toEqual(new Set());
  });

  test('imports of every form, and none in comments', () => {
    const text = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import {\n  c,\n  type D,\n} from './c.ts';",
      "export { e } from './e.ts';",
      "export * from './f.ts';",
      "import './g.ts';",
      "const h = await import('./h.ts');",
      "type I = import('./i.ts').I;",
      "// import j from './j.ts';",
      "/** import k from './k.ts'; */",
    ].join('\n');
    expect(importsOf(text)).toEqual(['./a.ts', './b.ts', './c.ts', './e.ts', './f.ts', './g.ts', './h.ts', './i.ts']);
  });

  test('arrows that go up, sideways or out of the house', () => {
    const arrow = (path: string, target: string) => brokenArrows([{ path, text: `import '${target}';` }], table);
    expect(arrow('src/store/sqlite.ts', '../api/app.ts')).toEqual(['src/store/sqlite.ts → ../api/app.ts']);
    expect(arrow('src/model/json.ts', '../main.ts')).toHaveLength(1);
    expect(arrow('src/api/app.ts', '../main.ts')).toHaveLength(1);
    expect(arrow('src/api/app.ts', '../../test/rooms.ts')).toHaveLength(1);
    expect(arrow('src/unknown/x.ts', '../model/json.ts')).toHaveLength(1);
    expect(arrow('src/api/routes/app.ts', '../../store/store.ts')).toEqual([]);
    expect(arrow('src/api/app.ts', './refuse.ts')).toEqual([]);
    expect(arrow('src/main.ts', './api/app.ts')).toEqual([]);
    expect(arrow('src/main.ts', '../package.json')).toEqual([]);
  });

  test('rooms that lead back to themselves', () => {
    const ring = readRooms('| `a/` | x | b |\n| `b/` | x | c |\n| `c/` | x | a |\n| `d/` | x | a |');
    expect(cycles(ring)).toEqual(['a', 'b', 'c']);
    expect(cycles(table)).toEqual([]);
  });

  test('foreign clients outside their file', () => {
    const text = "import Docker from 'dockerode';\nimport type { Database } from 'bun:sqlite';";
    expect(strayClients([{ path: 'src/sandbox/docker.ts', text }])).toEqual(['src/sandbox/docker.ts → bun:sqlite']);
    expect(strayClients([{ path: 'src/store/sqlite/writer.ts', text }])).toEqual([
      'src/store/sqlite/writer.ts → dockerode',
    ]);
  });

  test('forbidden words, but not in comments', () => {
    const files = [
      { path: 'src/a.ts', text: 'const home = process.env.HOME;' },
      { path: 'src/b.ts', text: '// process.env is for config.ts\n/* process.env */' },
      { path: 'src/config.ts', text: 'process.env' },
    ];
    expect(mentions(files, /process\.env/, /config\.ts$/)).toEqual(['src/a.ts']);
  });
});
