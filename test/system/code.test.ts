import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { tarGz, zip } from '../util/archive.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { findTool } from '../util/tools.ts';

/** Code in all the forms in which authors bring it. */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

interface Sample {
  readonly code: string;
  readonly kind?: string;
  readonly main?: string;
}

async function resultOf({ code, kind = 'nodejs:default', main }: Sample, params: object = { name: 'Ann' }) {
  const exec = { kind, code, ...(main === undefined ? {} : { main }) };
  const put = await node.ask('PUT', 'actions/sample?overwrite=true', { body: { exec } });
  expect(put.status).toBe(200);
  const { json } = await node.ask('POST', 'actions/sample?blocking=true&result=true', { body: params });
  return json as unknown;
}

const hello = { greeting: 'Hello, Ann!' };

describe('JavaScript (ACT-01…03, RT-06)', () => {
  const forms: Record<string, Sample> = {
    'a function main': { code: 'function main({ name }) { return { greeting: "Hello, " + name + "!" }; }' },
    'exports.main': { code: 'exports.main = async ({ name }) => ({ greeting: "Hello, " + name + "!" });' },
    'an ES module': { code: 'export const main = ({ name }) => ({ greeting: "Hello, " + name + "!" });' },
    'another function': {
      code: 'function greet({ name }) { return { greeting: "Hello, " + name + "!" }; }',
      main: 'greet',
    },
    'a promise': {
      code: 'function main({ name }) { return new Promise((r) => setTimeout(r, 5, { greeting: "Hello, " + name + "!" })); }',
    },
    TypeScript: {
      code: `interface Args { readonly name: string }
        enum Greeting { Formal = 'Hello' }
        export function main({ name }: Args): { greeting: string } { return { greeting: Greeting.Formal + ', ' + name + '!' }; }`,
    },
    'nodejs:22': {
      code: 'function main({ name }) { return { greeting: "Hello, " + name + "!" }; }',
      kind: 'nodejs:22',
    },
  };
  test.each(Object.entries(forms))('%s', async (_, sample) => {
    expect(await resultOf(sample)).toEqual(hello);
  });

  const files = {
    'package.json': '{ "name": "greeter", "main": "lib/app.js" }',
    'lib/app.js': 'const hello = require("hello"); exports.main = ({ name }) => ({ greeting: hello(name) });',
    'node_modules/hello/package.json': '{ "name": "hello", "main": "index.js" }',
    'node_modules/hello/index.js': 'module.exports = (name) => "Hello, " + name + "!";',
  };

  test('a zip with package.json and node_modules', async () => {
    expect(await resultOf({ code: zip(files) })).toEqual(hello);
    const { json } = await node.ask('GET', 'actions/sample');
    expect(json.exec).toEqual({ kind: 'nodejs:20', code: zip(files), binary: true });
  });

  test('a zip that is almost as large as code may be (ACT-16)', async () => {
    const code = zip({ ...files, 'data.bin': { content: randomBytes(34 << 20) } });
    expect(code.length).toBeGreaterThan(47_000_000);
    expect(await resultOf({ code })).toEqual(hello);
  });

  test('a zip of which one file is larger than half of the memory that the action has, beside the archive itself', async () => {
    const code = zip({ ...files, 'data.bin': { content: Buffer.alloc(150 << 20) } });
    expect(await resultOf({ code })).toEqual(hello);
  });

  test('a tar.gz', async () => {
    expect(await resultOf({ code: await tarGz(files) })).toEqual(hello);
  });

  test('a zip given to the client as bytes', async () => {
    const { actions } = node.client;
    await actions.update({ name: 'zipped', action: Buffer.from(zip(files), 'base64') });
    expect(await actions.invoke({ name: 'zipped', blocking: true, result: true, params: { name: 'Ann' } })).toEqual(
      hello,
    );
  });
});

describe.skipIf(!need('python3', findTool('python3')))('Python', () => {
  const forms: Record<string, Sample> = {
    'a function main': { code: 'def main(args):\n    return {"greeting": "Hello, " + args["name"] + "!"}\n' },
    'another function': {
      code: 'def greet(args):\n    return {"greeting": f"Hello, {args[\'name\']}!"}\n',
      main: 'greet',
    },
    'a zip with __main__.py and modules': {
      code: zip({
        '__main__.py': 'from words import hello\ndef main(args):\n    return {"greeting": hello(args["name"])}\n',
        'words.py': 'def hello(name):\n    return f"Hello, {name}!"\n',
      }),
    },
  };
  test.each(Object.entries(forms))('%s', async (_, sample) => {
    expect(await resultOf({ ...sample, kind: 'python:default' })).toEqual(hello);
  });

  test('a list as result (ACT-15)', async () => {
    expect(await resultOf({ code: 'def main(args):\n    return [1, args]\n', kind: 'python:3' })).toEqual([
      1,
      { name: 'Ann' },
    ]);
  });

  test('an exception', async () => {
    const answer = await resultOf({ code: 'def main(args):\n    raise ValueError("bad")\n', kind: 'python:3' });
    expect(answer).toEqual({ error: 'bad' });
  });
});
