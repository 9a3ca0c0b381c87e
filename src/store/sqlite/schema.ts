/**
 * What a Whisklet database file looks like. Documents are JSON text; next to them stand only the columns that
 * lists are ordered and filtered by. `bun:sqlite` and the `sqlite3` shell both read it.
 *
 * Lists walk an index from its new end and stop at the page's end, so that they cost the same at 10^3 and 10^6
 * rows: the index holds what is compared, then what is ordered by, then (as every index of SQLite) the row number,
 * which decides between equals: the one written later is the newer one.
 */

/** "Whsk", in the header of the file (PRAGMA application_id): tells our files from other programs'. */
export const APPLICATION_ID = 0x5768736b;

/**
 * Step n makes a file of schema version n into one of version n + 1 (PRAGMA user_version). Steps are only ever
 * added: a file of any earlier version can be opened.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE entity (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    rev TEXT NOT NULL,
    collection TEXT NOT NULL,
    root TEXT NOT NULL,
    path TEXT NOT NULL,
    updated INTEGER NOT NULL,
    public INTEGER NOT NULL,
    document TEXT NOT NULL
  );
  CREATE INDEX entity_by_root ON entity (collection, root, updated);
  CREATE INDEX entity_by_path ON entity (collection, path, updated);
  CREATE INDEX entity_public ON entity (collection, root, updated) WHERE public = 1;

  CREATE TABLE code (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL
  );

  CREATE TABLE activation (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    shown_as TEXT NOT NULL,
    started INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    subject TEXT NOT NULL,
    ended INTEGER NOT NULL,
    duration INTEGER,
    cause TEXT,
    status INTEGER NOT NULL,
    size INTEGER,
    annotations TEXT NOT NULL,
    result TEXT NOT NULL,
    logs TEXT NOT NULL
  );
  CREATE INDEX activation_by_namespace ON activation (namespace, started);
  CREATE INDEX activation_by_name ON activation (namespace, shown_as, started);
  CREATE INDEX activation_by_age ON activation (started, bytes);

  CREATE TABLE subject (
    name TEXT PRIMARY KEY,
    rev TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    document TEXT NOT NULL
  );
  CREATE TABLE subject_namespace (
    subject TEXT NOT NULL,
    namespace TEXT NOT NULL,
    uuid TEXT NOT NULL
  );
  CREATE INDEX subject_namespace_of ON subject_namespace (subject);
  CREATE INDEX subject_by_namespace ON subject_namespace (namespace);
  CREATE INDEX subject_by_uuid ON subject_namespace (uuid);

  CREATE TABLE user_limits (
    namespace TEXT PRIMARY KEY,
    document TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE work (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tries INTEGER NOT NULL,
    head TEXT NOT NULL,
    args TEXT NOT NULL,
    payload TEXT
  );
  CREATE TABLE dead_letter (
    id TEXT PRIMARY KEY,
    buried INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    why TEXT NOT NULL,
    head TEXT NOT NULL,
    args TEXT NOT NULL,
    payload TEXT
  );
  `,
];

export const SCHEMA_VERSION = migrations.length;
