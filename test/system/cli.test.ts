import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { openSqliteJournal } from '../../src/store/sqlite.ts';
import { type NodeProcess, run, startNode, temporaryFolder } from '../util/whisklet.ts';
import { anInvocation } from '../util/work.ts';

const wellKnown =
  '23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP';
const own = `0a0a0a0a-1111-4222-8333-444444444444:${'k'.repeat(64)}`;

let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;
const nodes: NodeProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  dataDir = join(folder.path, 'data');
});

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.end('SIGKILL')));
  folder.remove();
});

/** Runs a command on the data folder of this test. */
const whisklet = (...args: string[]) => run([...args, '--data-dir', dataDir]);

async function serve(...args: string[]): Promise<NodeProcess> {
  const node = await startNode(['--data-dir', dataDir, '--sandbox', 'local', '--stem-cells', '0', ...args]);
  nodes.push(node);
  return node;
}

/** What the API says to this key. */
async function statusFor({ address }: NodeProcess, key: string): Promise<number> {
  const headers = { authorization: `Basic ${btoa(key)}` };
  return (await fetch(`${address}/api/v1/namespaces`, { headers })).status;
}

describe('whisklet dead-letters', () => {
  test('on a stopped node does without its CouchDB: they lie in the data folder', async () => {
    const { journal, close } = await openSqliteJournal({ file: join(dataDir, 'whisklet.db'), events: new Events() });
    const work = anInvocation();
    const id = work.activationId;
    await journal.deadLetters.bury({ work, tries: 3, why: 'so', buriedAt: 1 });
    await close();
    const letters = (...args: string[]) => whisklet('dead-letters', ...args, '--couchdb', 'http://127.0.0.1:1');
    const line = `${id}\t1970-01-01T00:00:00.001Z\tguest\t/guest/hello\tso\n`;
    expect(await letters('list')).toEqual({ out: line, err: '', exit: 0 });
    expect(JSON.parse((await letters('get', id)).out).args).toEqual({ a: 1 });
    expect((await letters('replay', id)).out).toStartWith(`${id} is done again as `);
    expect((await letters('delete', id)).out).toBe(`There is no dead letter ${id}\n`);
    expect((await letters('list')).out).toBe('no dead letters\n');
  });
});

describe('whisklet user', () => {
  test('works on a stopped node, and a node that starts later knows it', async () => {
    expect(await whisklet('user', 'create', '--auth', own, 'alice')).toEqual({ out: `${own}\n`, err: '', exit: 0 });
    expect(await whisklet('user', 'create', 'alice')).toEqual({ out: 'Namespace already exists\n', err: '', exit: 1 });
    expect((await whisklet('user', 'whois', own)).out).toBe('subject: alice\nnamespace: alice\n');
    expect(await statusFor(await serve(), own)).toBe(200);
  });

  test('works on a running node, which heeds it at once', async () => {
    const node = await serve();
    expect(await statusFor(node, own)).toBe(401);
    expect((await whisklet('user', 'create', 'alice', '-u', own)).exit).toBe(0);
    expect(await statusFor(node, own)).toBe(200);
    expect((await whisklet('user', 'block', 'alice')).out).toBe('"alice" blocked successfully\n');
    expect(await statusFor(node, own)).not.toBe(200);
    await whisklet('user', 'unblock', 'alice');
    expect(await statusFor(node, own)).toBe(200);
    const renewed = (await whisklet('user', 'create', '-r', 'alice')).out.trim();
    expect([await statusFor(node, own), await statusFor(node, renewed)]).toEqual([401, 200]);
    expect((await whisklet('user', 'delete', 'alice')).out).toBe('Subject deleted\n');
    expect(await statusFor(node, renewed)).toBe(401);
  });

  test('works after a node was killed', async () => {
    const node = await serve();
    await node.end('SIGKILL');
    expect(existsSync(join(dataDir, 'admin.sock'))).toBe(true);
    expect(await whisklet('user', 'get', 'guest')).toEqual({ out: `${wellKnown}\n`, err: '', exit: 0 });
  });
});

describe('whisklet serve', () => {
  test('prints what the first steps need (STD-17, STD-18, STD-27), and drains at SIGTERM', async () => {
    const node = await serve();
    expect(node.banner).toContain(`wsk property set --apihost ${node.address} --auth ${wellKnown}`);
    expect(node.banner).toContain(dataDir);
    expect(await statusFor(node, wellKnown)).toBe(200);
    const { exit, out } = await node.end();
    expect(exit).toBe(0);
    expect(out).toEndWith('Stopped.\n');
    expect(existsSync(join(dataDir, 'admin.sock'))).toBe(false);
  });

  test('on an address that others reach makes keys of its own, and shows them once', async () => {
    const first = await serve('--host', '0.0.0.0');
    const key = /^ +guest ([0-9a-f-]{36}:\w{64})$/m.exec(first.banner)?.[1] ?? expect.unreachable();
    expect([await statusFor(first, wellKnown), await statusFor(first, key)]).toEqual([401, 200]);
    const refused = await whisklet('user', 'create', 'alice', '-u', wellKnown);
    expect(refused.exit).toBe(1);
    await first.end();
    const second = await serve('--host', '0.0.0.0');
    expect(second.banner).not.toContain(key);
    expect(await statusFor(second, key)).toBe(200);
  });

  test('creates the subjects of its configuration', async () => {
    const config = join(folder.path, 'whisklet.toml');
    writeFileSync(config, `[users]\nalice = "${own}"\n`);
    expect(await statusFor(await serve('--config', config), own)).toBe(200);
  });

  test('with --clean forgets what was there, but touches nothing that is not its own (STD-05, STD-06)', async () => {
    await whisklet('user', 'create', 'alice', '-u', own);
    writeFileSync(join(dataDir, 'notes.txt'), 'mine');
    expect(await statusFor(await serve('--clean'), own)).toBe(401);
    expect(readdirSync(dataDir)).toContain('notes.txt');
  });

  test('does not clean the folder of a node that runs', async () => {
    const node = await serve();
    await whisklet('user', 'create', 'alice', '-u', own);
    const { exit } = await whisklet('serve', '--clean', '--port', '0', '--sandbox', 'local');
    expect(exit).toBe(1);
    expect(await statusFor(node, own)).toBe(200);
    await node.end();
    expect((await whisklet('user', 'get', 'alice')).out).toBe(`${own}\n`);
  });

  test('when its data folder is a file says so and ends', async () => {
    writeFileSync(dataDir, 'mine');
    const { err, exit } = await whisklet('serve', '--port', '0', '--sandbox', 'local');
    expect(err).toStartWith(`whisklet: data-dir: ${dataDir} cannot be made`);
    expect(exit).toBe(1);
  });

  test.each([
    ['the port is taken', ['--port', 'TAKEN'], 'port TAKEN is taken: stop'],
    ['an option is unknown', ['--prot', '1'], "unknown option '--prot'; did you mean '--port'?"],
    ['a value is bad', ['--port', 'many'], "--port: 'many' is not a whole number from 0 to 65535"],
    ['the manifest is missing', ['--manifest', '/nowhere.json'], 'manifest: /nowhere.json cannot be read'],
    ['the manifest is a folder', ['--manifest', '/etc'], 'manifest: /etc cannot be read'],
    ['the manifest is none', ['--manifest', '/etc/passwd'], 'manifest: /etc/passwd: the manifest is not JSON'],
    ['the address is not here', ['--host', '192.0.2.77', '--port', '0'], '--host'],
  ])('when %s says so in one line and ends', async (_, args, sentence) => {
    const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
    try {
      const ended = await whisklet(
        'serve',
        '--sandbox',
        'local',
        ...args.map((arg) => arg.replace('TAKEN', `${other.port}`)),
      );
      expect(ended.err).toContain(sentence.replace('TAKEN', `${other.port}`));
      expect(ended.err.trim().split('\n')).toHaveLength(1);
      expect(ended.err).toStartWith('whisklet: ');
      expect(ended).toMatchObject({ exit: 1, out: '' });
    } finally {
      await other.stop(true);
    }
  });

  test('refuses a folder that another node holds', async () => {
    const node = await serve();
    const { err, exit } = await whisklet('serve', '--port', '0', '--sandbox', 'local');
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(dataDir);
    expect(exit).toBe(1);
    expect(await statusFor(node, wellKnown)).toBe(200);
  });
});

describe('whisklet', () => {
  test.each([
    [['--help']],
    [['serve', '--help']],
    [['user', '--help']],
    [['user', 'create', '-h']],
    [['images', '--help']],
  ])('%j shows help', async (args) => {
    const { out, err, exit } = await run(args);
    expect(out).toContain('Usage: whisklet');
    expect([err, exit]).toEqual(['', 0]);
  });

  test('--version shows the version (STD-17)', async () => {
    const { version } = (await Bun.file(new URL('../../package.json', import.meta.url)).json()) as { version: string };
    expect((await run(['--version'])).out).toStartWith(`whisklet ${version} (`);
  });

  test.each([
    [['sevre'], "unknown command 'sevre'; did you mean 'serve'?"],
    [['user', 'creat', 'x'], "unknown command 'user creat'; did you mean 'user create'?"],
    [['user', 'create'], 'user create: the following arguments are required: SUBJECT'],
    [['images', 'make'], "unknown command 'images make'"],
  ])('%j is refused with %s', async (args, sentence) => {
    const { out, err, exit } = await run(args);
    expect(err).toContain(sentence);
    expect([out, exit]).toEqual(['', 2]);
  });
});
