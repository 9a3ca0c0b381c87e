import { StoreRefused } from '../store.ts';
import { type CouchClient, CouchError, docPath } from './client.ts';
import {
  type DatabaseNames,
  type DatabaseRole,
  type DesignDocument,
  databaseRoles,
  designDocuments,
} from './designs.ts';

/**
 * The databases as a node needs them: there, with OpenWhisk's design documents. What is there already is left as it is: a design
 * document of the same name is OpenWhisk's own, and its name has its version.
 */

/** Beside the records of a database that Whisklet made: nobody else's records are in there, so old ones may be deleted. */
const MARK = '_local/whisklet';

export interface Made {
  /** Names of databases and `database/_design/name` that were not there before. */
  readonly made: readonly string[];
  /** True when the database of the activations was made by Whisklet, now or before. */
  readonly isOwn: boolean;
}

/** Makes what is missing. @throws StoreRefused with what to do, StoreUnavailable */
export async function setUp(client: CouchClient, names: DatabaseNames): Promise<Made> {
  const made: string[] = [];
  for (const role of databaseRoles) {
    const db = names[role];
    if (await makeDatabase(client, db)) {
      made.push(db);
      if (role === 'activations') await mark(client, db);
    }
    for (const design of await missingDesigns(client, db, role)) {
      if (await makeDesign(client, db, design)) made.push(`${db}/${design._id}`);
    }
  }
  const isOwn = (await client.find({ db: names.activations, path: MARK })) !== undefined;
  return { made, isOwn };
}

/** What a look at the databases finds wrong, each with what to do; empty when all is well. @throws StoreUnavailable */
export async function inspect(client: CouchClient, names: DatabaseNames): Promise<string[]> {
  const problems: string[] = [];
  for (const role of databaseRoles) {
    const db = names[role];
    try {
      if ((await client.find({ db })) === undefined) {
        problems.push(`There is no database '${db}': whisklet db init makes it.`);
        continue;
      }
      for (const { _id } of await missingDesigns(client, db, role)) {
        problems.push(
          `The database '${db}' lacks ${_id}, or views of it: whisklet db init makes it where it is not there.`,
        );
      }
    } catch (error) {
      if (!(error instanceof CouchError)) throw error;
      problems.push(`The database '${db}' cannot be read: ${error.message} (${error.status}).`);
    }
  }
  return problems;
}

/** True when it was not there. */
async function makeDatabase(client: CouchClient, db: string): Promise<boolean> {
  try {
    // Most often it is there, and whoever may not make databases can see that.
    if ((await client.find({ db })) !== undefined) return false;
    await client.request({ method: 'PUT', db });
    return true;
  } catch (error) {
    // Another node was faster.
    if (error instanceof CouchError && error.status === 412) return false;
    throw refused(error, `make the database '${db}'`);
  }
}

async function mark(client: CouchClient, db: string): Promise<void> {
  try {
    await client.request({ method: 'PUT', db, path: MARK, body: { madeBy: 'whisklet' } });
  } catch (error) {
    if (!isConflict(error)) throw refused(error, `write to the database '${db}'`);
  }
}

async function missingDesigns(client: CouchClient, db: string, role: DatabaseRole): Promise<DesignDocument[]> {
  const missing: DesignDocument[] = [];
  for (const design of designDocuments[role]) {
    const found = await client.find<DesignDocument>({ db, path: design._id });
    const views = Object.keys(design.views ?? {});
    if (views.some((view) => found?.views?.[view] === undefined) || found === undefined) missing.push(design);
  }
  return missing;
}

/** True when it was not there. */
async function makeDesign(client: CouchClient, db: string, design: DesignDocument): Promise<boolean> {
  try {
    await client.request({ method: 'PUT', db, path: docPath(design._id), body: design });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw refused(error, `write ${design._id} to the database '${db}'`);
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof CouchError && error.status === 409;
}

function refused(error: unknown, what: string): unknown {
  if (!(error instanceof CouchError)) return error;
  const rights = error.status === 401 || error.status === 403;
  const hint = rights ? ' Check user and password; making databases and views needs a server admin.' : '';
  return new StoreRefused(`CouchDB does not let us ${what}: ${error.message} (${error.status}).${hint}`);
}
