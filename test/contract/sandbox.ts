import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/model/json.ts';
import type { RuntimeSpec } from '../../src/model/manifest.ts';
import { messages } from '../../src/model/messages.ts';
import type { Exit } from '../../src/model/place.ts';
import { ProvisionError, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { openDescriptors, processesWith } from '../util/host-processes.ts';
import { Puppet } from '../util/puppet.ts';
import { until } from '../util/until.ts';

/**
 * What it means to be a sandbox. Code runs in real places: the shims folder that the sandbox is given holds
 * `javascript/shim.js`, and that is a puppet (`test/fixture/runtime/puppet.js`) which does what a test tells it.
 *
 *     sandboxContract({ name: 'local', module: join(import.meta.dir, '../util/local-sandbox.ts') });
 */
export interface SandboxKit {
  readonly name: string;
  /** Path of a module that exports `MakeSandbox` as `makeSandbox`; processes that are killed for a test import it too. */
  readonly module: string;
  /** For `makeSandbox`. */
  readonly settings?: JsonObject;
  /** Tests, by their names, that this sandbox cannot pass on this host. */
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
  /** How many places the test for leaks starts; 100 by itself. */
  readonly rounds?: number;
  /** The greatest limit of processes that a place may have now, where a limit bounds it: nothing explodes that has a greater one. */
  readonly processLimit?: (isolation: string) => number | undefined;
  /** Skips all of it. */
  readonly missing?: string | undefined;
}

export interface MakeOptions {
  readonly dataDir: string;
  readonly shimsDir: string;
  readonly settings: JsonObject;
}

export interface SandboxModule {
  makeSandbox(options: MakeOptions): Promise<Sandbox>;
  /** What there still is on the host of places of this data folder: control groups, containers, folders. */
  findTraces(dataDir: string): Promise<string[]>;
}

const JAVASCRIPT: RuntimeSpec = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' };
const SHIM = join(import.meta.dir, '../fixture/runtime/puppet.js');

export function sandboxContract(tried: SandboxKit): void {
  const { name, module, settings = {}, skip = [], rounds = 100, processLimit, missing } = tried;
  const isRequired = process.env.WHISKLET_TEST_REQUIRE === 'all';
  const title = missing ? `${name} (skipped: ${missing})` : name;

  describe.skipIf(missing !== undefined && !isRequired)(`sandbox ${title}`, () => {
    let folder: string;
    let options: MakeOptions;
    let kit: SandboxModule;
    let sandbox: Sandbox;
    const puppets: Puppet[] = [];

    beforeAll(async () => {
      if (missing) throw new Error(missing);
      // Not below a folder that only this user may enter: places are other users.
      folder = mkdtempSync('/tmp/whisklet-contract-');
      await chmod(folder, 0o755);
      options = { dataDir: join(folder, 'data'), shimsDir: join(folder, 'shims'), settings };
      await mkdir(join(options.shimsDir, 'javascript'), { recursive: true });
      await copyFile(SHIM, join(options.shimsDir, 'javascript', 'shim.js'));
      await mkdir(options.dataDir, { mode: 0o755 });
      kit = (await import(module)) as SandboxModule;
      sandbox = await kit.makeSandbox(options);
    }, 60_000);

    afterAll(async () => {
      await sandbox?.close();
      if (folder) rmSync(folder, { recursive: true });
    }, 60_000);

    /** A test whose places are destroyed at its end, bounded in time. */
    function check(what: string, body: () => Promise<void>, ms = 20_000): void {
      const excuse = skip.find(({ tests }) => tests.includes(what));
      const run = async () => {
        try {
          await body();
        } finally {
          await Promise.all(puppets.splice(0).map(({ place }) => place.destroy()));
        }
      };
      test.skipIf(excuse !== undefined)(excuse ? `${what} (skipped: ${excuse.reason})` : what, run, ms);
    }

    async function start(memory = 256, env: Record<string, string> = {}, from = sandbox): Promise<Puppet> {
      const puppet = new Puppet(await from.create({ runtime: JAVASCRIPT, memory, env }));
      puppets.push(puppet);
      return puppet;
    }

    /** What `code` answers in a fresh place. */
    async function ask(code: string) {
      return (await start()).ask(code);
    }

    async function endOf(code: string, memory?: number): Promise<Exit> {
      const puppet = await start(memory);
      puppet.tell(code);
      return await puppet.place.exited;
    }

    check('supports the runtime that the executable itself is', async () => {
      expect(await sandbox.supports(JAVASCRIPT)).toBe(true);
    });

    check('says why it cannot run a family that it has no shim for', async () => {
      const runtime: RuntimeSpec = { kind: 'cobol:85', protocol: 'stdio', family: 'cobol' };
      expect(await sandbox.supports(runtime)).toBeString();
      await expect(sandbox.create({ runtime, memory: 256, env: {} })).rejects.toBeInstanceOf(ProvisionError);
    });

    check('places have ids that tell them apart', async () => {
      const one = await start();
      const other = await start();
      expect(one.place.id).toStartWith('whisklet-');
      expect(other.place.id).not.toBe(one.place.id);
    });

    describe('streams', () => {
      check('10 MB come back in order', async () => {
        const puppet = await start();
        const sent = Buffer.alloc(10 * 1024 * 1024);
        for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, at);
        expect((await puppet.echo(sent)).equals(sent)).toBe(true);
      });

      check('a write to a place that does not read returns at once, and nothing is lost', async () => {
        const puppet = await start();
        await puppet.ask('return 1');
        puppet.deafen(500);
        const sent = Buffer.alloc(5 * 1024 * 1024, 'whisklet');
        const before = performance.now();
        const echoed = puppet.echo(sent);
        expect(performance.now() - before).toBeLessThan(400);
        expect((await echoed).equals(sent)).toBe(true);
      });

      check('a write after the end does nothing', async () => {
        const { place } = await start();
        await place.destroy();
        place.stdio.write(Buffer.alloc(1024 * 1024));
      });

      check('the last words are the end of stderr', async () => {
        const code = `require('fs').writeSync(2, 'x'.repeat(9000) + 'the end'); process.exit(3)`;
        const { lastWords } = await endOf(code);
        expect(lastWords).toEndWith('xthe end');
        expect(lastWords.length).toBeLessThanOrEqual(4096);
      });

      check('whoever listens gets stderr instead', async () => {
        const puppet = await start();
        let heard = '';
        puppet.place.stdio.onErrors((chunk) => {
          heard += Buffer.from(chunk).toString();
        });
        puppet.tell(`require('fs').writeSync(2, 'words'); process.exit(0)`);
        await puppet.place.exited;
        expect(heard).toBe('words');
      });

      check('what was written before the end arrives before it', async () => {
        const { place } = await start();
        const chunks: Uint8Array[] = [];
        place.stdio.onOutput((chunk) => chunks.push(chunk));
        const code = `say('y'.repeat(50000)); process.exit(0)`;
        place.stdio.write(Buffer.from(`${JSON.stringify({ id: 1, code })}\n`));
        await place.exited;
        expect(Buffer.concat(chunks).toString().trim().length).toBe(50_000);
      });
    });

    describe('the end', () => {
      check('tells the exit code', async () => {
        expect(await endOf('process.exit(7)')).toEqual({ code: 7, signal: null, outOfMemory: false, lastWords: '' });
      });

      check('tells the signal', async () => {
        const { code, signal, outOfMemory } = await endOf(`process.kill(process.pid, 'SIGKILL')`);
        expect({ code, signal, outOfMemory }).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false });
      });

      check('destroy may be called again and again, also at the same time', async () => {
        const { place } = await start();
        await Promise.all([place.destroy(), place.destroy()]);
        await place.destroy();
        await place.exited;
      });

      check('destroy right after the start leaves nothing', async () => {
        for (let round = 0; round < 10; round++) {
          const { place } = await start();
          await place.destroy();
        }
        await until('no trace is left', async () => (await kit.findTraces(options.dataDir)).length === 0);
      });

      check('destroy ends what ignores SIGTERM, and grandchildren', async () => {
        const mark = newMark();
        const puppet = await start();
        await puppet.ask(`process.on('SIGTERM', () => {}); ${grandchild(mark)}`);
        await until('the grandchild runs', () => processesWith(mark).length > 0);
        await puppet.place.destroy();
        expect(processesWith(mark)).toEqual([]);
      });

      check('grandchildren do not outlive a place that ends by itself', async () => {
        const mark = newMark();
        const puppet = await start();
        await puppet.ask(grandchild(mark));
        await until('the grandchild runs', () => processesWith(mark).length > 0);
        puppet.tell('process.exit(0)');
        expect((await puppet.place.exited).code).toBe(0);
        await until('the grandchild is gone', () => processesWith(mark).length === 0);
      });
    });

    describe('limits', () => {
      check('a place that takes too much memory ends as out of memory, and no other', async () => {
        const other = await start();
        const { outOfMemory } = await endOf(TAKE_ALL, 128);
        expect(outOfMemory).toBe(true);
        expect(await other.ask('return 1 + 1')).toBe(2);
      });

      check('a place of 256 MB can use 150 MB', async () => {
        expect(await ask(take(150))).toBe(150);
      });

      check('after a resize the new limit holds', async () => {
        const grown = await start(128);
        await grown.place.resize(512);
        expect(await grown.ask(take(300))).toBe(300);

        const shrunk = await start(512);
        await shrunk.ask('return 1');
        await shrunk.place.resize(128);
        shrunk.tell(TAKE_ALL);
        expect((await shrunk.place.exited).outOfMemory).toBe(true);
      });

      /** A place in which a bomb may be let off. */
      async function startBomb(): Promise<Puppet> {
        const greatest = processLimit?.(sandbox.isolation);
        const bomb = await start(512);
        if (greatest !== undefined) expect(await bomb.ask(PROCESS_LIMIT)).toBeLessThanOrEqual(greatest);
        return bomb;
      }

      /** Starts a bomb, and answers how many processes it has once it grows no more. */
      async function explode(bomb: Puppet, mark: string): Promise<number> {
        bomb.tell(forkBomb(mark));
        let ended = false;
        void bomb.place.exited.then(() => {
          ended = true;
        });
        let most = 0;
        let rounds = 0;
        await until(
          'it grows no more',
          () => {
            const count = processesWith(mark).length;
            rounds = count > most ? 0 : rounds + 1;
            most = Math.max(most, count);
            return ended || (most > 10 && rounds > 5) || most > 1024;
          },
          15_000,
        );
        return most;
      }

      check('a fork bomb has at most 1024 processes', async () => {
        expect(await explode(await startBomb(), newMark())).toBeLessThanOrEqual(1024);
      });

      check('a fork bomb costs only its own place, and is destroyed with it', async () => {
        const mark = newMark();
        const other = await start();
        const bomb = await startBomb();
        await explode(bomb, mark);
        expect(await other.ask('return 1 + 1')).toBe(2);
        await bomb.place.destroy();
        expect(processesWith(mark)).toEqual([]);
      });

      check('at most 1024 files may be open', async () => {
        const code = `
          const fs = require('fs');
          const open = [];
          try { for (;;) open.push(fs.openSync('/dev/null')); } catch {}
          for (const fd of open) fs.closeSync(fd);
          return open.length;`;
        expect(Number(await ask(code))).toBeLessThan(1024);
      });

      check('a paused place answers when it is resumed, and can be destroyed while it is paused', async () => {
        const puppet = await start();
        await puppet.ask('return 1');
        await puppet.place.pause();
        await puppet.place.resume();
        expect(await puppet.ask('return 2')).toBe(2);
        await puppet.place.pause();
        await puppet.place.destroy();
        await puppet.place.exited;
      });
    });

    describe('isolation', () => {
      check('the code is not root', async () => {
        expect(await ask('return [process.getuid(), process.geteuid(), process.getgid()].includes(0)')).toBe(false);
      });

      check('the code has no capabilities, and can gain none', async () => {
        const code = `
          const status = require('fs').readFileSync('/proc/self/status', 'utf8');
          return ['CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs'].map((name) =>
            parseInt(new RegExp(name + ':\\\\s*(\\\\w+)').exec(status)[1], 16));`;
        expect(await ask(code)).toEqual([0, 0, 0, 0, 1]);
      });

      check('the environment is what was given, and nothing of the node', async () => {
        process.env.WHISKLET_CONTRACT_SECRET = 'secret';
        const puppet = await start(256, { __OW_API_HOST: 'http://host:3233' });
        delete process.env.WHISKLET_CONTRACT_SECRET;
        const env = (await puppet.ask('return process.env')) as Record<string, string>;
        expect(env.__OW_API_HOST).toBe('http://host:3233');
        expect(env.WHISKLET_CONTRACT_SECRET).toBeUndefined();
        const expected = /^(PATH|HOME|LANG|TMPDIR|BUN_\w+|PWD|OLDPWD|SHLVL|_|HOSTNAME|__OW_API_HOST)$/;
        expect(Object.keys(env).filter((each) => !expected.test(each))).toEqual([]);
      });

      check('the data of the node cannot be read', async () => {
        const secret = join(options.dataDir, 'secret');
        await writeFile(secret, 'secret', { mode: 0o644 });
        const code = `return require('fs').readFileSync(${JSON.stringify(secret)}, 'utf8')`;
        await expect(ask(code)).rejects.toThrow(/ENOENT|EACCES/);
      });

      check('temporary files are private to the place', async () => {
        const fill = `
          const file = require('path').join(require('os').tmpdir(), 'private');
          require('fs').writeFileSync(file, 'mine');
          return file;`;
        const one = await start();
        const file = JSON.stringify(await one.ask(fill));
        expect(await one.ask(`return require('fs').readFileSync(${file}, 'utf8')`)).toBe('mine');
        expect(await ask(`return require('fs').existsSync(${file})`)).toBe(false);
      });

      check('the system cannot be written', async () => {
        const code = `
          const fs = require('fs');
          const { dirname } = require('path');
          const folders = ['/', '/usr', '/usr/bin', '/etc', '/var', '/home', '/root', '/run', '/dev', '/proc/sys/kernel',
            dirname(process.execPath), dirname(process.argv[1])];
          return folders.filter((folder) => {
            try { fs.writeFileSync(folder + '/whisklet-probe', ''); return true; } catch { return false; }
          });`;
        expect(await ask(code)).toEqual([]);
      });

      check('no file that the place runs can be changed', async () => {
        const code = `
          const fs = require('fs');
          return [process.execPath, process.argv[1]].filter((file) => {
            try { fs.closeSync(fs.openSync(file, 'r+')); return true; } catch { return false; }
          });`;
        expect(await ask(code)).toEqual([]);
      });

      check('other processes cannot be seen or signalled', async () => {
        const other = await start();
        await other.ask('return 1');
        const code = `
          const seen = require('fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
          try { process.kill(${process.pid}, 0); seen.push('the node'); } catch {}
          return seen;`;
        const seen = await ask(code);
        expect(seen).not.toContain('the node');
        // Its own, and what starts and reaps it.
        expect((seen as string[]).length).toBeLessThan(6);
      });
    });

    describe('the owner', () => {
      check(
        'when it is killed its places die, and the next one sweeps what is left',
        async () => {
          const mark = newMark();
          const dataDir = join(folder, 'killed');
          const owner = startOwner(module, { ...options, dataDir }, grandchild(mark));
          try {
            await until('a place of it runs', () => processesWith(mark).length > 0, 20_000);
          } finally {
            owner.kill('SIGKILL');
            await owner.exited;
          }
          const next = await kit.makeSandbox({ ...options, dataDir });
          try {
            await next.sweep();
            await until('its processes are gone', () => processesWith(mark).length === 0);
            expect(await kit.findTraces(dataDir)).toEqual([]);
            expect(await next.sweep()).toBe(0);
            expect(await (await start(256, {}, next)).ask('return 1')).toBe(1);
          } finally {
            await next.close();
          }
        },
        60_000,
      );

      check('closing destroys all places', async () => {
        const mark = newMark();
        const dataDir = join(folder, 'closed');
        const closing = await kit.makeSandbox({ ...options, dataDir });
        const puppet = await start(256, {}, closing);
        await puppet.ask(grandchild(mark));
        await until('the grandchild runs', () => processesWith(mark).length > 0);
        await closing.close();
        await puppet.place.exited;
        expect(processesWith(mark)).toEqual([]);
        expect(await kit.findTraces(dataDir)).toEqual([]);
      });

      check('whoever asks a sandbox that is closed, or closes meanwhile, gets no place, and none is left', async () => {
        const dataDir = join(folder, 'closing');
        const closing = await kit.makeSandbox({ ...options, dataDir });
        const spec = { runtime: JAVASCRIPT, memory: 256, env: {} };
        const asked = [1, 2, 3].map(() => closing.create(spec));
        const answers = Promise.allSettled(asked);
        await Bun.sleep(20);
        await closing.close();
        expect(await kit.findTraces(dataDir)).toEqual([]);
        for (const answer of await answers) {
          if (answer.status === 'fulfilled') await answer.value.exited;
          else expect(answer.reason).toBeInstanceOf(ProvisionError);
        }
        await expect(closing.create(spec)).rejects.toThrow(messages.draining);
        expect(await kit.findTraces(dataDir)).toEqual([]);
      });

      check(
        'nothing leaks from places that come and go',
        async () => {
          const round = async () => {
            const puppet = await start();
            expect(await puppet.ask('return 1')).toBe(1);
            await puppet.place.destroy();
            puppets.length = 0;
          };
          // The first ones open what is kept.
          for (let count = 0; count < 5; count++) await round();
          const before = openDescriptors();
          for (let count = 0; count < rounds; count++) await round();
          // One that leaks is a descriptor for each round at least; the host closes those of the last ones when it gets to it.
          await until('the descriptors are closed', () => openDescriptors() < before + rounds / 4);
          await until('nothing is left', async () => (await kit.findTraces(options.dataDir)).length === 0);
        },
        120_000,
      );
    });
  });
}

const OWNER = join(import.meta.dir, '../util/sandbox-owner.ts');

/** A process that starts a place, has it run `code`, and stays. */
function startOwner(module: string, options: MakeOptions, code: string): Bun.Subprocess {
  const argv = [process.execPath, OWNER, module, JSON.stringify(options), code];
  return Bun.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** A text that no other process of the host has on its command line. */
function newMark(): string {
  return `mark-${crypto.randomUUID()}`;
}

/** Code that starts a process which leaves its parent's session, and is found by its mark. */
function grandchild(mark: string): string {
  return `
    const { spawn } = require('child_process');
    const env = { ...process.env, BUN_BE_BUN: '1' };
    const args = ['-e', 'setInterval(() => {}, 1000)', '${mark}'];
    spawn(process.execPath, args, { detached: true, stdio: 'ignore', env }).unref();`;
}

const PROCESS_LIMIT = `return Number(/^Max processes +(\\d+)/m.exec(require('fs').readFileSync('/proc/self/limits', 'utf8'))?.[1])`;

/**
 * Code that starts more processes than a place may have: shells that stop themselves, where there is one. Not without end: where nothing
 * bounds it after all, the host has 1,800 more.
 */
function forkBomb(mark: string): string {
  return `
    const { spawn } = require('child_process');
    const hasShell = require('fs').existsSync('/bin/sh');
    const loop = 'n=0; while [ $n -lt 300 ]; do n=$((n+1)); sh -c "kill -STOP \\\\$\\\\$" ${mark} & done';
    let left = hasShell ? 6 : 1000;
    const again = () => {
      if (left-- <= 0) return;
      const child = hasShell
        ? spawn('/bin/sh', ['-c', loop], { stdio: 'ignore' })
        : spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { stdio: 'ignore' });
      child.on('error', () => {});
      child.on('exit', again);
      if (!hasShell) setImmediate(again);
    };
    again();`;
}

const TAKE_ALL = 'const all = []; for (;;) all.push(Buffer.alloc(4 * 1024 * 1024, 1));';

/** Code that takes so many megabytes at once and answers the number. */
function take(megabytes: number): string {
  return `
    const all = [];
    for (let taken = 0; taken < ${megabytes}; taken++) all.push(Buffer.alloc(1024 * 1024, 1));
    return all.length;`;
}
