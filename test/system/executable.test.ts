import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zip } from '../util/archive.ts';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { run, temporaryFolder } from '../util/whisklet.ts';

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

  test('measures a host, with percentiles and a report', async () => {
    await using node = new TestNode({ program: [program], env: env(), cwd });
    await node.start();
    const report = join(folder.path, 'report.html');
    const args = ['bench', '--apihost', node.address, '--auth', GUEST_KEY, '--duration', '200ms', '--report', report];
    const { out, err, exit } = await run(args, { program: [program], env: env(), cwd });
    expect([exit, err]).toEqual([0, expect.stringContaining('measuring')]);
    expect(out).toMatch(/p99\.9 [\d.]+ [µm]s/);
    expect(await Bun.file(report).text()).toContain('</html>');
  });

  test('with no environment at all runs actions for the stock client, has them after a restart, and has the page of its API inside', async () => {
    await using node = new TestNode({ program: ['/usr/bin/env', '-i', program], cwd, args: ['--log-level', 'warn'] });
    await node.start();
    const invoke = (name: string) =>
      node.client.actions.invoke({ name, blocking: true, result: true, params: { name: 'World' } });
    const action = 'function main(args) { return { greeting: "Hello, " + args.name + "!" }; }';
    await node.client.actions.create({ name: 'script', action });
    const typed = 'export function main({ name }: { name: string }) { return { greeting: "Hello, " + name + "!" }; }';
    await node.client.actions.create({ name: 'typed', action: typed });
    const module = 'export const main = ({ name }) => ({ greeting: "Hello, " + name + "!" });';
    const archive = zip({ 'package.json': '{ "type": "module", "main": "app.mjs" }', 'app.mjs': module });
    await node.client.actions.create({ name: 'zipped', action: Buffer.from(archive, 'base64') });
    for (const name of ['script', 'typed', 'zipped']) expect(await invoke(name)).toEqual({ greeting: 'Hello, World!' });
    await node.restart();
    for (const name of ['script', 'typed', 'zipped']) expect(await invoke(name)).toEqual({ greeting: 'Hello, World!' });
    const page = await node.ask('GET', '/api/v1/docs/swagger-ui-bundle.js', { key: null });
    expect([page.status, page.text.length > 1_000_000]).toEqual([200, true]);
    const { exit, err } = await node.stop();
    expect([exit, err]).toEqual([0, '']);
  });
});
