import { afterAll, beforeAll, test } from 'bun:test';
import { aRealCouch, type CouchServer, couchData, realCouch, startPouch } from '../util/couchdb.ts';
import { type StoreContractOptions, storeContract } from './store.ts';

const REWRITTEN = 'CouchDB keeps JSON values, not their text';

let pouch: CouchServer;
beforeAll(async () => {
  pouch = await startPouch();
});
afterAll(() => pouch.stop());

const standIn: StoreContractOptions = {
  skip: {
    'keeps the text of a result as it was put': REWRITTEN,
    'keeps all digits of long numbers': 'pouchdb-server is written in JavaScript',
    'prunes the oldest until the rest fits': 'pouchdb-server does not tell sizes',
  },
};
// The same as of SQLite (DB-04).
storeContract("CouchDB's protocol (pouchdb-server)", async () => couchData(pouch), standIn);

if (realCouch === undefined) {
  test.skip('CouchDB itself is a store (WHISKLET_TEST_COUCHDB does not say where one is)', () => undefined);
} else {
  const server = aRealCouch(realCouch);
  const skip = { 'keeps the text of a result as it was put': REWRITTEN };
  storeContract('CouchDB', async () => couchData(server), { skip });
}
