import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { describeSettings, readSettings } from '../../../src/config.ts';

const folder = join(import.meta.dir, '../../../deploy');
const read = (name: string) => Bun.file(join(folder, name)).text();

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        image: string;
        healthcheck?: { test: string[] };
        environment?: Record<string, unknown>;
        volumes?: string[];
        command?: string;
      }
    >
  >;
  readonly volumes: Readonly<Record<string, null>>;
}

describe('what comes for deployment', () => {
  test('the compose file has two nodes whose settings are settings', async () => {
    const { services, volumes } = Bun.YAML.parse(await read('compose.yaml')) as Compose;
    expect(Object.keys(services)).toEqual(['node-1', 'node-2', 'couchdb', 'kafka']);
    for (const name of ['node-1', 'node-2'] as const) {
      const service = services[name];
      const env = service?.environment as Record<string, string>;
      const settings = await readSettings({ flags: new Map(), env, readFile: () => Promise.reject(new Error('none')) });
      expect(settings).toMatchObject({ nodeId: name, kafka: ['kafka:9092'], couchdb: 'http://couchdb:5984' });
      expect(service?.command).toBe('whisklet serve');
      expect(settings.couchdbPassword).toBe(services.couchdb?.environment?.COUCHDB_PASSWORD as string);
    }
    // Its value is the operator's, and there is none to forget.
    expect(services.couchdb?.environment?.COUCHDB_PASSWORD).toMatch(/^\$\{COUCHDB_PASSWORD:\?/);
    for (const { healthcheck } of Object.values(services)) expect(healthcheck?.test[0]).toBe('CMD');
    const named = Object.values(services).flatMap(({ volumes: of = [] }) => of.map((each) => each.split(':')[0] ?? ''));
    expect(named.filter((each) => !each.startsWith('.')).sort()).toEqual(Object.keys(volumes).sort());
  });

  test('the unit starts a node with options that there are', async () => {
    const unit = await read('whisklet.service');
    const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    const flags = new Set(describeSettings().map(({ flag }) => flag));
    const used = command.split(' ').filter((word) => word.startsWith('--'));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((flag) => !flags.has(flag))).toEqual([]);
    expect(unit).toMatch(/^Delegate=yes$/m);
    // These cover parts of /proc, and then no user namespace gets one of its own.
    expect(unit).not.toMatch(/^(ProtectKernelLogs|ProtectKernelTunables|ProtectProc|ProcSubset|RestrictNamespaces)=/m);
  });
});
