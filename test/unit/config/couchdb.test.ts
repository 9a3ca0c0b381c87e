import { afterAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, SettingsError } from '../../../src/config.ts';
import { Events } from '../../../src/observe/events.ts';
import { couchOptions } from '../../../src/settings/couchdb-options.ts';
import { errorOf } from '../../util/errors.ts';
import { temporaryFolder } from '../../util/whisklet.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type Env = Readonly<Record<string, string>>;
const settings = (env: Env) =>
  readSettings({ flags: new Map(), env, readFile: () => Promise.reject(new Error('there is no file')) });
const options = async (env: Env) => couchOptions(await settings(env), new Events());

describe('the settings of CouchDB', () => {
  test('name none when nothing does', async () => {
    expect(await options({ WHISKLET_COUCHDB_USER: 'somebody' })).toBeUndefined();
  });

  test('have names for databases, with a prefix or each of its own', async () => {
    const WHISKLET_COUCHDB = 'http://db:5984';
    expect((await options({ WHISKLET_COUCHDB }))?.names).toEqual({
      ...{ subjects: 'subjects', whisks: 'whisks', activations: 'activations' },
    });
    const own = { WHISKLET_COUCHDB_PREFIX: 'whisk_local_', WHISKLET_COUCHDB_WHISKS: 'mine' };
    expect((await options({ WHISKLET_COUCHDB, ...own }))?.names).toEqual({
      ...{ subjects: 'whisk_local_subjects', whisks: 'mine', activations: 'whisk_local_activations' },
    });
    const error = await errorOf(settings({ WHISKLET_COUCHDB_PREFIX: 'Upper' }));
    expect(error).toBeInstanceOf(SettingsError);
  });

  test("are OpenWhisk's where ours are not given", async () => {
    const deployment = {
      OW_DB_PROTOCOL: 'https',
      OW_DB_HOST: 'db',
      OW_DB_PORT: '6984',
      OW_DB_USERNAME: 'u',
      OW_DB_PASSWORD: 'p',
    };
    expect(await options(deployment)).toMatchObject({ url: 'https://db:6984', user: 'u', password: 'p' });
    const inside = {
      CONFIG_whisk_couchdb_host: 'inner',
      CONFIG_whisk_couchdb_username: 'controller',
      CONFIG_whisk_couchdb_databases_WhiskAuth: 'a',
      CONFIG_whisk_couchdb_databases_WhiskEntity: 'b',
      CONFIG_whisk_couchdb_databases_WhiskActivation: 'c',
    };
    expect(await options({ ...deployment, ...inside })).toMatchObject({
      ...{ url: 'http://inner:5984', user: 'controller', password: 'p' },
      names: { subjects: 'a', whisks: 'b', activations: 'c' },
    });
    const ours = { WHISKLET_COUCHDB: 'http://ours:1', WHISKLET_COUCHDB_USER: 'me' };
    expect(await options({ ...deployment, ...inside, ...ours })).toMatchObject({ url: 'http://ours:1', user: 'me' });
  });

  test('have the password and certificates in files', async () => {
    const [password, ca] = [join(folder.path, 'password'), join(folder.path, 'ca.pem')];
    writeFileSync(password, 'in the file\nnot this\n');
    writeFileSync(ca, 'PEM');
    const env = { WHISKLET_COUCHDB: 'http://db', WHISKLET_COUCHDB_PASSWORD_FILE: password, WHISKLET_COUCHDB_CA: ca };
    expect(await options({ ...env, WHISKLET_COUCHDB_PASSWORD: 'other' })).toMatchObject({
      password: 'in the file',
      ca: 'PEM',
    });
    const missing = await errorOf(options({ ...env, WHISKLET_COUCHDB_PASSWORD_FILE: join(folder.path, 'none') }));
    expect(missing).toBeInstanceOf(SettingsError);
    expect((missing as Error).message).toStartWith('couchdb-password-file: ');
  });

  test('are never repeated where they may hold a password', async () => {
    const error = await errorOf(settings({ WHISKLET_COUCHDB: 'ftp://user:hidden@db' }));
    expect((error as Error).message).toContain('WHISKLET_COUCHDB: the value is not an address');
    expect((error as Error).message).not.toContain('hidden');
  });
});
