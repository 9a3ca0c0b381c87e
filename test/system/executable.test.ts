import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, startNode, temporaryFolder } from '../util/whisklet.ts';

/** The one file, alone in a folder, on a host that seems to have no Bun, Node or Docker. */

const root = join(import.meta.dir, '../..');
const BUILD_MS = 120_000;

let folder: ReturnType<typeof temporaryFolder>;
let program: string;
let cwd: string;

/** Neither PATH nor HOME of whoever runs the tests. */
const env = (): Record<string, string> => ({ PATH: join(folder.path, 'no-programs'), HOME: folder.path });

beforeAll(async () => {
  folder = temporaryFolder();
  const built = join(folder.path, 'built');
  const command = [process.execPath, 'scripts/build.ts', '--outfile', built];
  const build = Bun.spawn(command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  if ((await build.exited) !== 0) throw new Error(`the build failed: ${await build.stderr.text()}`);
  cwd = join(folder.path, 'alone');
  mkdirSync(cwd);
  program = join(cwd, 'whisklet');
  copyFileSync(built, program);
}, BUILD_MS);

afterAll(() => folder.remove());

describe('the executable alone in a folder', () => {
  test('shows its version with the commit that it was built from', async () => {
    const { out, exit } = await run(['--version'], { program: [program], env: env(), cwd });
    expect(out).toMatch(/^whisklet \d+\.\d+\.\d+ \((?:[0-9a-f]{12}\+?|without git)\)\n$/);
    expect(exit).toBe(0);
  });

  test('does not heed files of other tools that lie where it is started', async () => {
    writeFileSync(join(cwd, '.env'), 'WHISKLET_NONSENSE=1\n');
    writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./evil.ts"]\n');
    writeFileSync(join(cwd, 'evil.ts'), 'console.log("evil");\n');
    const { out, err, exit } = await run(['user', 'create', 'alice', '--genonly'], {
      program: [program],
      env: env(),
      cwd,
    });
    expect([err, exit]).toEqual(['', 0]);
    expect(out).toMatch(/^[0-9a-f-]{36}:\w{64}\n$/);
  });

  test('runs a JavaScript action, and has it after a restart', async () => {
    const options = { program: [program], env: env(), cwd };
    const args = ['--sandbox', 'local', '--data-dir', join(cwd, 'data')];
    const first = await startNode(args, options);
    const key = /--auth (\S+)/.exec(first.banner)?.[1] ?? expect.unreachable();
    const headers = { authorization: `Basic ${btoa(key)}`, 'content-type': 'application/json' };
    const call = async (method: string, address: string, path: string, body: unknown) => {
      const url = `${address}/api/v1/namespaces/_/actions/${path}`;
      const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    };
    const code = 'function main(args) { return { greeting: "Hello, " + args.name + "!" }; }';
    try {
      const created = await call('PUT', first.address, 'hello', { exec: { kind: 'nodejs:default', code } });
      expect(created.status).toBe(200);
      const result = await call('POST', first.address, 'hello?blocking=true&result=true', { name: 'World' });
      expect(result).toEqual({ status: 200, body: { greeting: 'Hello, World!' } });
    } finally {
      await first.end();
    }
    const second = await startNode(args, options);
    try {
      const result = await call('POST', second.address, 'hello?blocking=true&result=true', { name: 'again' });
      expect(result).toEqual({ status: 200, body: { greeting: 'Hello, again!' } });
    } finally {
      expect((await second.end()).exit).toBe(0);
    }
  });
});
