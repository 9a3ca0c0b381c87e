import { afterAll, beforeAll } from 'bun:test';
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

const real = realCouch();
if (real !== undefined) {
  const skip = { 'keeps the text of a result as it was put': REWRITTEN };
  storeContract('CouchDB', async () => couchData(aRealCouch(real)), { skip });
}
