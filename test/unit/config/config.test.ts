import { describe, expect, test } from 'bun:test';
import { configMarkdown } from '../../../scripts/docs.ts';
import { readFlags } from '../../../src/cli/flags.ts';
import { describeSettings, readSettings, SettingsError, settingFlags, settingsFrom } from '../../../src/config.ts';

const authKey = `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}`;

interface Given {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  readonly file?: string;
}

function read({ args = [], env = {}, file }: Given) {
  const flags = new Map(readFlags(args, settingFlags('serve')).values);
  if (file !== undefined) flags.set('config', ['/etc/whisklet.toml']);
  return readSettings({ flags, env, readFile: () => Promise.resolve(file as string) });
}

async function problemsOf(given: Given): Promise<readonly string[]> {
  try {
    await read(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults for everything (STD-01, STD-02, STD-20, LIM-01, LIM-02, LIM-08…10)', async () => {
    const settings = await read({});
    expect(settings).toMatchObject({ port: 3233, sandbox: 'auto', clean: false, keepAlive: 600_000 });
    expect(settings.limits).toMatchObject({
      ...{ memory: { min: 128, std: 256, max: 512 }, timeout: { min: 100, std: 60_000, max: 300_000 } },
      ...{ invocationsPerMinute: 1_000_000, concurrentInvocations: 1_000, firesPerMinute: 1_000_000 },
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('an option wins over a variable, that over the file, that over the default (STD-04, INV-21)', async () => {
    const file = 'port = 1\nlog-level = "debug"\npull = "never"';
    const env = { WHISKLET_PORT: '2', WHISKLET_LOG_LEVEL: 'warn' };
    const settings = await read({ args: ['--port', '3'], env, file });
    expect(settings).toMatchObject({ port: 3, logLevel: 'warn', pull: 'never', sandbox: 'auto' });
  });

  test('the file may be named by a variable', async () => {
    const readFile = (path: string) => Promise.resolve(path === '/somewhere.toml' ? 'port = 7' : '');
    const settings = await readSettings({ flags: new Map(), env: { WHISKLET_CONFIG: '/somewhere.toml' }, readFile });
    expect(settings.port).toBe(7);
  });

  test('a table of the file stands for the settings that begin with its name', async () => {
    const { limits } = await read({ file: '[limits]\nmemory-max = "2 GB"\ninvocations-per-minute = 60' });
    expect(limits.memory.max).toBe(2048);
    expect(limits.invocationsPerMinute).toBe(60);
  });

  test('sizes and durations are read with their units', async () => {
    const args = ['--pool-memory=1.5GB', '--keep-alive', '90 s', '--limits-payload-size', '64 KB'];
    const settings = await read({ args });
    expect(settings).toMatchObject({ poolMemory: 1536, keepAlive: 90_000, limits: { payloadBytes: 65_536 } });
  });

  test('users come from a table, from a repeated option, from a list in a variable', async () => {
    const expected = new Map([
      ['alice', authKey],
      ['robert', authKey],
    ]);
    const file = `[users]\nalice = "${authKey}"\nrobert = "${authKey}"`;
    expect((await read({ file })).users).toEqual(expected);
    expect((await read({ args: [`--users=alice=${authKey}`, `--users=robert=${authKey}`] })).users).toEqual(expected);
    expect((await read({ env: { WHISKLET_USERS: `alice=${authKey}, robert=${authKey}` } })).users).toEqual(expected);
  });

  test('addresses are a list in every source', async () => {
    const expected = ['10.0.0.1', '::1'];
    expect((await read({ args: ['--host', '10.0.0.1', '--host', '::1'] })).host).toEqual(expected);
    expect((await read({ env: { WHISKLET_HOST: '10.0.0.1,::1' } })).host).toEqual(expected);
    expect((await read({ file: 'host = ["10.0.0.1", "::1"]' })).host).toEqual(expected);
  });

  test('DOCKER_HOST counts when our own variable is absent', async () => {
    expect((await read({ env: { DOCKER_HOST: 'unix:///a' } })).dockerSocket).toBe('unix:///a');
    const both = { DOCKER_HOST: 'unix:///a', WHISKLET_DOCKER_SOCKET: '/b' };
    expect((await read({ env: both })).dockerSocket).toBe('/b');
  });

  test('a home directory is understood where no shell reads it', async () => {
    const { dataDir } = await read({ file: 'data-dir = "~/edge"' });
    expect(dataDir).toEndWith('/edge');
    expect(dataDir).toStartWith('/');
    expect(dataDir).not.toContain('~');
  });

  test('unknown names are refused in every source, with the nearest known one', async () => {
    const flags = readFlags(['--prot', '3', '-x', '--completely-other'], settingFlags('serve'));
    expect(flags.problems).toEqual([
      "unknown option '--prot'; did you mean '--port'?",
      "unknown option '-x'",
      "unknown option '--completely-other'",
    ]);
    expect(flags.positionals).toEqual([]);
    expect(await problemsOf({ env: { WHISKLET_PROT: '3', WHISKLET_TEST_REQUIRE: 'all', PORT: '3' } })).toEqual([
      "unknown environment variable 'WHISKLET_PROT'; did you mean 'WHISKLET_PORT'?",
    ]);
    expect(await problemsOf({ file: 'prot = 3\n[limits]\nmemroy-max = "1 GB"' })).toEqual([
      "unknown setting 'prot' in /etc/whisklet.toml; did you mean 'port'?",
      "unknown setting 'limits-memroy-max' in /etc/whisklet.toml; did you mean 'limits-memory-max'?",
    ]);
  });

  test('a bad value is named with its setting and what was expected', async () => {
    const args = [
      '--port',
      '99999',
      '--sandbox=chroot',
      '--keep-alive',
      '10',
      '--pool-memory',
      'much',
      '--clean=maybe',
    ];
    expect(await problemsOf({ args })).toEqual([
      "--port: '99999' is not a whole number from 0 to 65535",
      "--sandbox: 'chroot' is not one of 'auto', 'docker', 'local'",
      "--keep-alive: '10' is not a duration with its unit, such as '500 ms', '30 s', '10 min', '7 d'",
      "--pool-memory: 'much' is not a size with its unit, such as '64 KB', '512 MB', '2 GB', at least 1 MB",
      "--clean: 'maybe' is not 'true' or 'false'",
    ]);
    expect(await problemsOf({ file: 'port = "x"\nclean = 1' })).toEqual([
      "port in /etc/whisklet.toml: 'x' is not a whole number from 0 to 65535",
      "clean in /etc/whisklet.toml: 1 is not 'true' or 'false'",
    ]);
  });

  test('a bad key is not repeated in the message', async () => {
    const [problem, ...others] = await problemsOf({ env: { WHISKLET_USERS: 'alice=secret' } });
    expect(others).toEqual([]);
    expect(problem).toStartWith('WHISKLET_USERS: the value is not name=uuid:key');
    expect(problem).not.toContain('secret');
  });

  test('a file that is absent or no TOML is named', async () => {
    const missing = () => Promise.reject(new Error('no such file'));
    const flags = new Map([['config', ['/nowhere.toml']]]);
    await expect(readSettings({ flags, env: {}, readFile: missing })).rejects.toThrow(
      'the settings file /nowhere.toml cannot be read: no such file',
    );
    expect((await problemsOf({ file: 'port = = 1' }))[0]).toStartWith('the settings file /etc/whisklet.toml cannot');
  });

  test('the file cannot name another file', async () => {
    expect(await problemsOf({ file: 'config = "/other.toml"' })).toEqual([
      "unknown setting 'config' in /etc/whisklet.toml",
    ]);
  });

  test('limits must rise, and the pool must hold an ordinary container (INV-01)', async () => {
    expect(await problemsOf({ args: ['--limits-timeout-max', '1s', '--pool-memory', '128MB'] })).toEqual([
      'limits-timeout-min, -std and -max must rise, but they are 100 ms, 1 min and 1 s',
      'pool-memory: 128 MB does not hold one container of 256 MB (limits-memory-std)',
    ]);
  });

  test('a value is missing when the next word is an option', async () => {
    await expect(settingsFrom('--host', '--clean')).rejects.toThrow('--host needs a value');
    await expect(settingsFrom('--port')).rejects.toThrow('--port needs a value');
  });

  test('a word that belongs to no option is refused', async () => {
    await expect(settingsFrom('--clean', 'please')).rejects.toThrow("unexpected 'please'");
  });

  test('each has one sentence, and names that belong together', () => {
    const all = describeSettings();
    for (const { what, flag, variable } of all) {
      expect(what).toMatch(/^[A-Z].*\.$/);
      expect(variable).toBe(`WHISKLET_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`);
    }
    expect(new Set(all.map(({ flag }) => flag)).size).toBe(all.length);
    expect(all.find(({ flag }) => flag === '--data-dir')?.standard).toBe('~/.whisklet');
  });

  test('docs/config.md says what the table says (bun run docs writes it)', async () => {
    const written = await Bun.file(new URL('../../../docs/config.md', import.meta.url)).text();
    expect(written).toBe(configMarkdown());
  });
});
