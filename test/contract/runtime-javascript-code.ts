import { describe, expect, test } from 'bun:test';
import { type Files, zip } from '../util/archive.ts';
import { failureOf, initialized, resultOf, TestRuntime } from '../util/runtime.ts';

/** The forms in which JavaScript and TypeScript code may come, under Bun and Node alike. */

export interface Engine {
  readonly name: string;
  readonly command: readonly string[];
}

interface Sample {
  readonly what: string;
  readonly code: string;
  readonly main?: string;
  readonly result?: unknown;
}

const scripts: readonly Sample[] = [
  { what: 'a function', code: 'function main(args) { return args }' },
  { what: 'an async function', code: 'async function main(args) { await 1; return args }' },
  { what: 'a constant', code: 'const main = (args) => args' },
  { what: 'a variable without a declaration', code: 'main = (args) => { greeting = args; return greeting }' },
  { what: 'exports.main', code: 'exports.main = function (args) { return args }' },
  { what: 'module.exports.main', code: 'module.exports.main = (args) => args' },
  { what: 'a new module.exports', code: 'module.exports = { main: (args) => args }' },
  { what: 'a function of the global object', code: 'global.main = (args) => args' },
  { what: 'a path', code: 'const foo = { bar: (args) => args }', main: 'foo.bar' },
  { what: 'a path of exports', code: 'exports.foo = { bar: (args) => args }', main: 'foo.bar' },
  { what: 'a comment at its end', code: 'function main(args) { return args } // the end' },
  { what: 'a strict script', code: "'use strict'; function main(args) { return this === undefined ? args : {} }" },
  { what: 'require', code: "const { join } = require('path'); function main(args) { return join('a', 'b') && args }" },
  { what: 'a dynamic import', code: "async function main(args) { return (await import('node:os')).EOL && args }" },
  { what: 'a thenable', code: 'function main(args) { return { then: (done) => done(args) } }' },
];

const modules: readonly Sample[] = [
  { what: 'an exported function', code: 'export function main(args) { return args }' },
  { what: 'an exported constant', code: 'export const main = async (args) => args' },
  { what: 'a default function', code: 'export default function (args) { return args }' },
  { what: 'a default object', code: 'export default { main: (args) => args }' },
  { what: 'an import', code: "import { join } from 'node:path'; export const main = (args) => join('a') && args" },
  { what: 'an import and no export', code: "import { join } from 'node:path'; function main(args) { return args }" },
  {
    what: 'a top-level await',
    code: 'const value = await Promise.resolve(1); export const main = (args) => value && args',
  },
  { what: 'a top-level await and no export', code: 'const one = await 1; const main = (args) => one && args' },
  { what: 'another name', code: 'export const niam = (args) => args', main: 'niam' },
];

const typed: readonly Sample[] = [
  { what: 'a function', code: 'interface A { x: number }\nfunction main(args: A): A { return args as A }' },
  { what: 'an exported function', code: 'type A = { x: number };\nexport function main(args: A): A { return args }' },
  {
    what: 'an imported type',
    code: "import type { Stats } from 'node:fs'; export const main = (a: Stats): Stats => a",
  },
  { what: 'exports.main', code: 'exports.main = (args: object): object => args satisfies object' },
  {
    what: 'an enumeration',
    code: 'enum Colour { red = 1, blue }\nexport const main = (a: object) => Colour.blue === 2 && a',
  },
  {
    what: 'properties of a constructor',
    code: 'class A { constructor(readonly x: number) {} }\nfunction main({ x }: A) { return { ...new A(x) } }',
  },
];

const archives: readonly (Sample & { readonly files: Files })[] = [
  { what: 'index.js', code: '', files: { 'index.js': 'exports.main = (args) => args' } },
  { what: 'another file', code: '', main: 'other.niam', files: { 'other.js': 'exports.niam = (args) => args' } },
  { what: 'a path', code: '', main: 'other.a.b', files: { 'other.js': 'exports.a = { b: (args) => args }' } },
  {
    what: 'package.json, and another name',
    code: '',
    main: 'niam',
    files: { 'package.json': '{"main": "start.js"}', 'start.js': 'exports.niam = (args) => args' },
  },
  {
    what: 'a module by package.json',
    code: '',
    files: {
      'package.json': '{"type": "module", "main": "start.js"}',
      'start.js':
        "import { echo } from './echo.js'; const one = await 1; export const main = (args) => one && echo(args)",
      'echo.js': 'export const echo = (args) => args',
    },
  },
  { what: 'index.mjs', code: '', files: { 'index.mjs': 'export default function (args) { return args }' } },
  {
    what: 'node_modules',
    code: '',
    files: {
      'index.js': "const echo = require('echo'); exports.main = (args) => echo(args)",
      'node_modules/echo/package.json': '{"name": "echo", "main": "main.js"}',
      'node_modules/echo/main.js': 'module.exports = (args) => args',
    },
  },
  {
    what: 'its own folder as the current one',
    code: '',
    files: { 'index.js': 'exports.main = (args) => (__dirname === process.cwd() ? args : { __dirname })' },
  },
];

export function testJavaScriptCode({ name, command }: Engine): void {
  const echoes = async (code: string, main = 'main', binary = false) => {
    await using runtime = await initialized(command, code, { main, binary });
    expect(resultOf(await runtime.run({ x: 1 }))).toEqual({ x: 1 });
  };
  const refused = async (code: string, options = {}) => {
    await using runtime = await TestRuntime.start(command);
    const call = await runtime.init(code, options);
    return { error: failureOf(call), lines: call.lines };
  };

  describe(`${name}: a script`, () => {
    for (const { what, code, main } of scripts) test(`with ${what}`, () => echoes(code, main));

    test('that returns nothing gives an empty result', async () => {
      await using runtime = await initialized(command, 'function main() { return }');
      expect(resultOf(await runtime.run())).toEqual({});
    });

    for (const library of ['openwhisk', 'needle']) {
      test(`may have ${library}, as with OpenWhisk, without bringing it along`, async () => {
        const code = `const it = require('${library}'); function main() { return { it: typeof it } }`;
        await using runtime = await initialized(command, code);
        expect(resultOf(await runtime.run())).toEqual({ it: 'function' });
        const module = `import it from '${library}'; export const main = () => ({ it: typeof it })`;
        await using another = await initialized(command, module);
        expect(resultOf(await another.run())).toEqual({ it: 'function' });
      });
    }

    test('that brings its own library gets that one', async () => {
      const files: Files = {
        'index.js': "exports.main = () => require('openwhisk')",
        'node_modules/openwhisk/index.js': 'module.exports = { its: "own" }',
      };
      await using runtime = await initialized(command, await zip(files), { binary: true });
      expect(resultOf(await runtime.run())).toEqual({ its: 'own' });
    });

    test('that lacks a module says which, and nothing is installed', async () => {
      const { error } = await refused("const missing = require('left-pad'); function main() {}");
      expect(error).toMatch(/^Initialization has failed due to: Error: Cannot find module 'left-pad'/);
    });

    test('that throws while it is loaded is not loaded a second time', async () => {
      const { error, lines } = await refused("console.log('once'); JSON.parse('{'); function main() {}");
      expect(error).toMatch(/^Initialization has failed due to: SyntaxError: .*JSON/);
      expect(lines.filter((line) => line === 'stdout: once').length).toBe(1);
    });
  });

  describe(`${name}: an ES module`, () => {
    for (const { what, code, main } of modules) test(`with ${what}`, () => echoes(code, main));

    test('that cannot be parsed tells its own mistake', async () => {
      const { error } = await refused('export function main( {');
      expect(error).toMatch(/^Initialization has failed due to: .*SyntaxError: /s);
      expect(error).not.toContain("'export'");
    });

    test('without the function', async () => {
      const { error } = await refused('export const other = 1');
      expect(error).toBe("Initialization has failed due to: Action entrypoint 'main' is not a function.");
    });

    test('that throws', async () => {
      const { error } = await refused("export const main = () => 1; throw new Error('at load')");
      expect(error).toMatch(/^Initialization has failed due to: Error: at load\n/);
    });
  });

  describe(`${name}: TypeScript`, () => {
    for (const { what, code, main } of typed) test(`with ${what}`, () => echoes(code, main));

    test('in an archive', async () => {
      const files = {
        'package.json': '{"type": "module", "main": "start.ts"}',
        'start.ts': "import { echo } from './echo.ts'; export const main = (args: object): object => echo(args)",
        'echo.ts': 'export const echo = <T>(args: T): T => args',
      };
      await echoes(zip(files), 'main', true);
      await echoes(zip({ 'index.ts': 'export const main = (args: object) => args' }), 'main', true);
      await echoes(zip({ 'index.ts': 'exports.main = (args: object) => args' }), 'main', true);
      await echoes(
        zip({ 'index.mts': 'enum A { b }\nexport const main = (a: object) => (A.b === 0 ? a : {})' }),
        'main',
        true,
      );
    });
  });

  describe(`${name}: an archive`, () => {
    for (const { what, main, files } of archives) test(`with ${what}`, () => echoes(zip(files), main, true));

    test('that cannot be parsed', async () => {
      const { error } = await refused(zip({ 'index.js': 'exports.main = function () { 10 PRINT' }), { binary: true });
      expect(error).toMatch(/^Initialization has failed due to: .*SyntaxError: /s);
    });

    test('whose package.json names a file that is not there', async () => {
      const { error } = await refused(zip({ 'package.json': '{ "main": "dist/index.js" }' }), { binary: true });
      expect(error).toMatch(
        /^Initialization has failed due to: Error: Cannot find module '.*\/dist\/index\.js'\. Please verify /,
      );
    });

    test('whose package.json names none, and that has none', async () => {
      const { error } = await refused(zip({ 'package.json': '{}' }), { binary: true });
      expect(error).toMatch(/^Initialization has failed due to: Error: Cannot find module /);
    });

    test('with a name of main that means nothing', async () => {
      const options = { binary: true, main: 'index.' };
      const { error } = await refused(zip({ 'index.js': 'exports.main = () => 1' }), options);
      expect(error).toBe('Initialization has failed due to: Name of main function is not valid.');
    });
  });
}
