import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeSpec } from '../../src/model/manifest.ts';
import { Events } from '../../src/observe/events.ts';
import { LocalSandbox } from '../../src/sandbox/local.ts';
import type { ProvisionError } from '../../src/sandbox/sandbox.ts';
import { need } from '../util/need.ts';
import { Puppet } from '../util/puppet.ts';
import { findNamespaces, findTool } from '../util/tools.ts';

/** What is of the local sandbox alone: which programs it finds, what places see of the host, what it refuses. */

const JAVASCRIPT: RuntimeSpec = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' };
const PYTHON: RuntimeSpec = { kind: 'python:3', protocol: 'stdio', family: 'python', commands: ['python3'] };
const SHIM = join(import.meta.dir, '../fixture/runtime/puppet.js');

const python = need('python3', findTool('python3'));
const namespaces = need('namespaces', findNamespaces());

let folder: string;
let sandbox: LocalSandbox;
const said: string[] = [];

function makeSandbox(dataDir = join(folder, 'data')): Promise<LocalSandbox> {
  const events = new Events();
  events.said.subscribe(({ text }) => said.push(text));
  return LocalSandbox.detect({ dataDir, shimsDir: join(folder, 'shims'), executable: process.execPath, events });
}

beforeAll(async () => {
  folder = mkdtempSync('/tmp/whisklet-local-');
  chmodSync(folder, 0o755);
  for (const family of ['javascript', 'python']) mkdirSync(join(folder, 'shims', family), { recursive: true });
  copyFileSync(SHIM, join(folder, 'shims/javascript/shim.js'));
  writeFileSync(join(folder, 'shims/python/shim.py'), 'import sys\nprint(sys.version_info[0], flush=True)\n');
  sandbox = await makeSandbox();
});

afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

/** What `code` answers in a fresh place. */
async function ask(code: string, from = sandbox) {
  const place = await from.create({ runtime: JAVASCRIPT, memory: 256, env: {} });
  try {
    return await new Puppet(place).ask(code);
  } finally {
    await place.destroy();
  }
}

describe('runtimes', () => {
  test('images need Docker, and the sentence says so', async () => {
    const image: RuntimeSpec = { kind: 'nodejs:18', protocol: 'http', image: 'openwhisk/action-nodejs-v18' };
    const sentence = 'kind nodejs:18 needs Docker: it is an image';
    expect(await sandbox.supports(image)).toBe(sentence);
    const refused = await sandbox.create({ runtime: image, memory: 256, env: {} }).catch((error) => error);
    expect((refused as ProvisionError).message).toBe(sentence);
  });

  test.skipIf(!python)('the system’s Python runs its shim', async () => {
    expect(await sandbox.supports(PYTHON)).toBe(true);
    const place = await sandbox.create({ runtime: PYTHON, memory: 256, env: {} });
    let output = '';
    place.stdio.onOutput((chunk) => {
      output += Buffer.from(chunk).toString();
    });
    expect((await place.exited).code).toBe(0);
    expect(output).toBe('3\n');
  });

  test('a program that the host lacks is named', async () => {
    const reason = await sandbox.supports({ ...PYTHON, kind: 'python:2', commands: ['python2.6'] });
    expect(reason).toBe('kind python:2 cannot run here: this host has no python2.6 for it');
  });
});

describe('what a place sees of the host', () => {
  test('names can be resolved and certificates checked', async () => {
    const files = ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs', '/etc/passwd'].filter(existsSync);
    expect(await ask(`return ${JSON.stringify(files)}.filter((file) => !require('fs').existsSync(file))`)).toEqual([]);
  });

  test('the network is the host’s', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('reached') });
    try {
      expect(await ask(`return (await fetch('${server.url.href}')).text()`)).toBe('reached');
    } finally {
      await server.stop(true);
    }
  });

  test.skipIf(!namespaces)('its user has a name and a home that it may write', async () => {
    const code = `
      const home = require('os').homedir();
      require('fs').writeFileSync(home + '/mine', '');
      return [require('child_process').execFileSync('id', ['-un']).toString().trim(), home];`;
    expect(await ask(code)).toEqual(['action', '/tmp']);
  });

  test('no two places have the same user when the node is root', async () => {
    const places = await Promise.all(
      [1, 2, 3].map(() => sandbox.create({ runtime: JAVASCRIPT, memory: 256, env: {} })),
    );
    const uids = await Promise.all(places.map((place) => new Puppet(place).ask('return process.getuid()')));
    await Promise.all(places.map((place) => place.destroy()));
    expect(new Set(uids).size).toBe(process.getuid?.() === 0 ? 3 : 1);
  });

  test('variables that the loader or the shell would act upon are not passed on', async () => {
    const env = { LD_PRELOAD: '/tmp/evil.so', GREETING: 'hello' };
    const place = await sandbox.create({ runtime: JAVASCRIPT, memory: 256, env });
    const seen = await new Puppet(place).ask('return [process.env.LD_PRELOAD ?? null, process.env.GREETING]');
    await place.destroy();
    expect(seen).toEqual([null, 'hello']);
  });

  test.skipIf(!namespaces)('temporary files are limited', async () => {
    const code = `
      const fs = require('fs');
      const { bsize, blocks } = fs.statfsSync('/tmp');
      return Math.round(bsize * blocks / 1048576);`;
    expect(await ask(code)).toBe(512);
  });
});

describe('the host', () => {
  test('the operator is told how places are kept apart and limited', () => {
    expect(sandbox.isolation).toMatch(/^(each action is in namespaces|actions are NOT isolated)/);
    expect(sandbox.isolation).toMatch(/limited by control groups|watched/);
  });

  test('a second sandbox on the folder of a live one does not sweep its places', async () => {
    const place = await sandbox.create({ runtime: JAVASCRIPT, memory: 256, env: {} });
    const puppet = new Puppet(place);
    const second = await makeSandbox();
    expect(await second.sweep()).toBe(0);
    expect(await puppet.ask('return 1')).toBe(1);
    await place.destroy();
  });

  test('an executable that cannot be run is a refusal with its reasons', async () => {
    const broken = join(folder, 'broken');
    writeFileSync(broken, 'not a program', { mode: 0o755 });
    const options = { dataDir: join(folder, 'other'), shimsDir: join(folder, 'shims'), events: new Events() };
    const refused = await LocalSandbox.detect({ ...options, executable: broken }).catch((error) => error);
    expect((refused as ProvisionError).name).toBe('ProvisionError');
    expect((refused as ProvisionError).message).toContain('no action can be started on this host');
  });

  test('where actions are not isolated, the operator is told why', async () => {
    copyFileSync(process.execPath, join(folder, 'real'));
    const executable = join(folder, 'only-outside');
    const script = `#!/bin/sh\ncase $0 in /whisklet/*) echo denied >&2; exit 1;; esac\nexec ${join(folder, 'real')} "$@"\n`;
    writeFileSync(executable, script, { mode: 0o755 });
    const options = { dataDir: join(folder, 'open'), shimsDir: join(folder, 'shims'), events: new Events() };
    const own = await LocalSandbox.detect({ ...options, executable });
    expect(own.isolation).toMatch(/^actions are NOT isolated: .* \(bubblewrap: .+; unshare: .+\); /);
    await own.close();
  });

  test('an executable that only the node’s user may reach runs plain places, too, and what they start', async () => {
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    const executable = join(home, 'bun');
    copyFileSync(process.execPath, executable);
    const options = { dataDir: join(home, 'data'), shimsDir: join(folder, 'shims'), events: new Events() };
    const own = await LocalSandbox.detect({ ...options, executable, isolation: 'plain', cgroups: false });
    try {
      const code = "return require('child_process').execFileSync(process.execPath, ['-p', '6 * 7']).toString()";
      expect(await ask(code, own)).toBe('42\n');
    } finally {
      await own.close();
    }
  });

  test('a compiled executable is its own runtime', async () => {
    const source = join(folder, 'whole.ts');
    const puppet = JSON.stringify(join(import.meta.dir, '../util/puppet.ts'));
    const local = JSON.stringify(join(import.meta.dir, '../util/local-sandbox.ts'));
    const options = JSON.stringify({
      dataDir: join(folder, 'whole-data'),
      shimsDir: join(folder, 'shims'),
      settings: {},
    });
    writeFileSync(
      source,
      `import { Puppet } from ${puppet};
       import { makeSandbox } from ${local};
       const sandbox = await makeSandbox(${options});
       const place = await sandbox.create({ runtime: ${JSON.stringify(JAVASCRIPT)}, memory: 256, env: {} });
       console.log(await new Puppet(place).ask('return 6 * 7'));
       await sandbox.close();`,
    );
    const program = join(folder, 'whole');
    const build = Bun.spawnSync([process.execPath, 'build', '--compile', source, '--outfile', program]);
    expect(build.exitCode).toBe(0);
    const ran = Bun.spawnSync([program], { env: { PATH: '/usr/bin:/bin' } });
    expect(ran.stdout.toString()).toBe('42\n');
  }, 60_000);
});
