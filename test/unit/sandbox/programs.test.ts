import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../../src/sandbox/local/isolation.ts';
import { Programs } from '../../../src/sandbox/local/programs.ts';

let shimsDir: string;
let tried: Program[];
let failure: string | undefined;

beforeEach(() => {
  shimsDir = mkdtempSync(join(tmpdir(), 'whisklet-shims-'));
  for (const [family, name] of [
    ['javascript', 'shim.js'],
    ['shell', 'shim.sh'],
  ] as const) {
    mkdirSync(join(shimsDir, family));
    writeFileSync(join(shimsDir, family, name), '');
  }
  tried = [];
  failure = undefined;
});

afterEach(() => rmSync(shimsDir, { recursive: true }));

function makePrograms(): Programs {
  const tryOut = async (program: Program) => {
    tried.push(program);
    return failure;
  };
  return new Programs({ shimsDir, executable: '/opt/whisklet', tryOut });
}

function kind(family: string, commands?: string[]) {
  return { kind: `${family}:1`, protocol: 'stdio', family, ...(commands && { commands }) } as const;
}

test('a family without commands is run by the executable itself', async () => {
  const program = (await makePrograms().find(kind('javascript'))) as Program;
  expect(program.command).toEqual({ onHost: '/opt/whisklet', inPlace: '/whisklet/bin/bun' });
  expect(program.env).toEqual({ BUN_BE_BUN: '1' });
  expect(program.mounts).toEqual([{ from: join(shimsDir, 'javascript'), to: '/whisklet/runtime' }]);
  expect(tried).toEqual([]);
});

test('the executable takes the shim that was compiled for it, a command of the host never does', async () => {
  for (const name of ['shim.bun.js', 'shim.bun.js.jsc']) writeFileSync(join(shimsDir, 'javascript', name), '');
  const own = (await makePrograms().find(kind('javascript'))) as Program;
  const commands = (await makePrograms().find(kind('javascript', ['sh']))) as Program;
  expect([own, commands].flatMap(({ args }) => args)).toMatchObject([
    { inPlace: '/whisklet/runtime/shim.bun.js' },
    { inPlace: '/whisklet/runtime/shim.js' },
  ]);
});

test('the first command that the host has is tried out and taken', async () => {
  const program = (await makePrograms().find(kind('shell', ['no-such-command', 'sh']))) as Program;
  const sh = realpathSync('/usr/bin/sh');
  expect(program.command).toEqual({ onHost: sh, inPlace: sh });
  expect(program.args).toEqual([{ onHost: join(shimsDir, 'shell', 'shim.sh'), inPlace: '/whisklet/runtime/shim.sh' }]);
  expect(tried.length).toBe(1);
});

test('it is decided once', async () => {
  const programs = makePrograms();
  await Promise.all([programs.find(kind('shell', ['sh'])), programs.find(kind('shell', ['sh']))]);
  await programs.find(kind('shell', ['sh']));
  expect(tried.length).toBe(1);
});

test('a command that does not work in a place is not taken, and the reason is told', async () => {
  failure = 'it cannot be read';
  const answer = await makePrograms().find(kind('shell', ['sh']));
  expect(answer).toContain('kind shell:1 cannot run here');
  expect(answer).toContain('it cannot be read');
});

test('without the command the answer names it', async () => {
  expect(await makePrograms().find(kind('shell', ['no-such-command']))).toBe(
    'kind shell:1 cannot run here: this host has no no-such-command for it',
  );
});

test('without a shim the answer names the family', async () => {
  expect(await makePrograms().find(kind('cobol'))).toBe("kind cobol:1 cannot run here: there is no shim for 'cobol'");
});
