import type { Settings } from '../config.ts';
import type { Events } from '../observe/events.ts';
import type { CouchStoreOptions } from '../store/couchdb.ts';
import { firstLineOf, readSettingFile } from './files.ts';

/**
 * What the settings say of CouchDB, with what stands in files; undefined where they name none.
 *
 * @throws SettingsError when a file cannot be read
 */
export async function couchOptions(settings: Settings, events: Events): Promise<CouchStoreOptions | undefined> {
  const { couchdb: url, couchdbPrefix: prefix = '', couchdbPasswordFile, couchdbCa } = settings;
  if (url === undefined) return undefined;
  return {
    ...{ url, events },
    user: settings.couchdbUser,
    password:
      couchdbPasswordFile === undefined
        ? settings.couchdbPassword
        : await firstLineOf('couchdb-password-file', couchdbPasswordFile),
    ca: couchdbCa === undefined ? undefined : await readSettingFile('couchdb-ca', couchdbCa),
    names: {
      subjects: settings.couchdbSubjects ?? `${prefix}subjects`,
      whisks: settings.couchdbWhisks ?? `${prefix}whisks`,
      activations: settings.couchdbActivations ?? `${prefix}activations`,
    },
    prune: settings.couchdbPrune,
    timeoutMs: settings.couchdbTimeout,
    waitMs: settings.couchdbWait,
    maxWaitingBytes: settings.couchdbQueue,
  };
}
