import * as value from '../cli/values.ts';
import { MB } from '../model/limits.ts';
import { homeFolder } from './home.ts';
import { of, optional } from './setting.ts';

const path = value.path(homeFolder());
const couch = { also: ['admin', 'db'] } as const;
/** Rows of the table in config.ts: the store that several nodes share. */
export const couchdb = {
  couchdb: optional(
    value.server,
    'none: all is kept in the data folder',
    "Address of the CouchDB that keeps entities, records and subjects, for several nodes that share them; its databases are OpenWhisk's. `OW_DB_PROTOCOL`, `OW_DB_HOST` and `OW_DB_PORT`, or `CONFIG_whisk_couchdb_protocol` and so on, set it too.",
    couch,
  ),
  couchdbUser: optional(value.text(), 'as the address says', 'User of CouchDB.', {
    ...couch,
    alias: ['CONFIG_whisk_couchdb_username', 'OW_DB_USERNAME'],
  }),
  couchdbPassword: optional(
    value.secret,
    'as the address says',
    'Its password. Whoever sees the processes of the machine sees options: the variable or the file keeps it from them.',
    { ...couch, alias: ['CONFIG_whisk_couchdb_password', 'OW_DB_PASSWORD'] },
  ),
  couchdbPasswordFile: optional(path, 'none', 'File with the password, on its first line.', couch),
  couchdbCa: optional(
    path,
    "the system's certificates alone",
    'File with certificates in PEM that are trusted to sign the one of CouchDB.',
    couch,
  ),
  couchdbPrefix: optional(
    value.databaseName,
    'none',
    "What the databases' names begin with: `whisk_local_` for `whisk_local_whisks`.",
    couch,
  ),
  couchdbSubjects: optional(value.databaseName, 'subjects, after the prefix', 'Database of subjects and limits.', {
    ...couch,
    alias: ['CONFIG_whisk_couchdb_databases_WhiskAuth', 'DB_WHISK_AUTHS'],
  }),
  couchdbWhisks: optional(
    value.databaseName,
    'whisks, after the prefix',
    'Database of actions, packages, triggers and rules.',
    { ...couch, alias: ['CONFIG_whisk_couchdb_databases_WhiskEntity', 'DB_WHISK_ACTIONS'] },
  ),
  couchdbActivations: optional(value.databaseName, 'activations, after the prefix', 'Database of records.', {
    ...couch,
    alias: ['CONFIG_whisk_couchdb_databases_WhiskActivation', 'DB_WHISK_ACTIVATIONS'],
  }),
  couchdbTimeout: of(value.duration(1), 5000, 'How long CouchDB may take to answer a request.', couch),
  couchdbWait: of(
    value.duration(),
    30_000,
    'How long a node that starts waits for a CouchDB that is not there yet.',
    couch,
  ),
  couchdbPrune: of(
    value.choice('own', 'all', 'none'),
    'own',
    "Whether old records are deleted from CouchDB, as `activations-max-age` and `activations-max-size` say: of databases that Whisklet has made, of OpenWhisk's too, or none.",
  ),
  couchdbCompact: optional(
    value.duration(60_000),
    'never; since version 3 CouchDB does it by itself',
    'How often CouchDB is told to give back the room of what was deleted.',
  ),
  couchdbQueue: of(
    value.size(MB),
    64 * MB,
    'Records that wait in memory while CouchDB is away; beyond it the oldest are dropped.',
  ),
};

type Environment = Readonly<Record<string, string | undefined>>;
/** OpenWhisk's deployment has the server in three variables, and so have its processes: those win. */
const prefixes = ['OW_DB_', 'CONFIG_whisk_couchdb_'] as const;

function addressOf(env: Environment, prefix: (typeof prefixes)[number]): string | undefined {
  const part = (name: string) => env[prefix + (prefix === 'OW_DB_' ? name.toUpperCase() : name)];
  const host = part('host');
  return host ? `${part('protocol') || 'http'}://${host}:${part('port') || '5984'}` : undefined;
}

/** The address that OpenWhisk's own variables name. */
export function couchAddress(env: Environment): string | undefined {
  return prefixes.map((prefix) => addressOf(env, prefix)).findLast((address) => address !== undefined);
}
