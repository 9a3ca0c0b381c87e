/**
 * OpenWhisk's databases and design documents (ansible/files/*.json): the names, keys and values are facts of the format, which
 * OpenWhisk and its tools ask by. The functions run in CouchDB, and must be understood by each of its JavaScript engines.
 */

export type DatabaseRole = 'subjects' | 'whisks' | 'activations';
export const databaseRoles: readonly DatabaseRole[] = ['subjects', 'whisks', 'activations'];

/** Which database has which name. */
export type DatabaseNames = Readonly<Record<DatabaseRole, string>>;

export interface DesignDocument {
  readonly _id: `_design/${string}`;
  readonly language?: 'javascript';
  readonly views?: Readonly<Record<string, { readonly map: string; readonly reduce?: '_count' | '_sum' }>>;
  readonly filters?: Readonly<Record<string, string>>;
}

/** A document of `whisks` by its own path, and packaged ones by their namespace too: `[path, updated]`. */
const inCollection = (isMember: string, value: string) => `function (doc) {
  if (!(${isMember})) return;
  try {
    var value = ${value};
    var root = doc.namespace.split('/')[0];
    emit([doc.namespace, doc.updated], value);
    if (root !== doc.namespace) emit([root, doc.updated], value);
  } catch (e) {}
}`;

/** Packages are never in packages. */
const packages = (isMember: string, binding: string) => `function (doc) {
  if (!(${isMember})) return;
  try {
    emit([doc.namespace, doc.updated], ${shown(`binding: ${binding}`)});
  } catch (e) {}
}`;

function shown(...more: string[]): string {
  const fields = ['namespace', 'name', 'version', 'publish', 'annotations'].map((name) => `${name}: doc.${name}`);
  return `{ ${[...fields, ...more, 'updated: doc.updated'].join(', ')} }`;
}

const isBinding = 'Object.keys(doc.binding).length > 0';

/** What lists show of a record, by what `key` says; what never ended has neither end nor status. */
const activations = (key: string, helpers = '') => `function (doc) {
  if (doc.activationId === undefined) return;${helpers}
  try {
    var ended = doc.end !== 0;
    emit([${key}, doc.start], {
      namespace: doc.namespace,
      name: doc.name,
      version: doc.version,
      publish: doc.publish,
      annotations: doc.annotations,
      activationId: doc.activationId,
      start: doc.start,
      end: ended ? doc.end : undefined,
      duration: ended ? doc.end - doc.start : undefined,
      cause: doc.cause,
      statusCode: ended && doc.response !== undefined ? doc.response.statusCode : undefined
    });
  } catch (e) {}
}`;

/** `hello`, `tools/hello` for what is in a package, `bound/hello` for what was called through a binding. */
const shownAs = `
  function annotated(key) {
    var found = (doc.annotations || []).filter(function (each) { return each.key === key; });
    return found.length > 0 ? found[found.length - 1].value : undefined;
  }
  function shownAs(binding) {
    try {
      if (binding) return binding.split('/')[1] + '/' + doc.name;
      var path = (annotated('path') || '').split('/');
      return path.length === 3 ? path[1] + '/' + doc.name : doc.name;
    } catch (e) {
      return doc.name;
    }
  }`;

const counted = (map: string) => ({ map, reduce: '_count' as const });

/** For replications that make snapshots. */
const snapshotFilters: DesignDocument = {
  _id: '_design/snapshotFilters',
  filters: {
    withoutDeletedAndDesignDocuments: `function (doc, req) {
  return !doc._deleted && doc._id.indexOf('_design/') !== 0;
}`,
  },
};

export const designDocuments: Readonly<Record<DatabaseRole, readonly DesignDocument[]>> = {
  subjects: [
    {
      _id: '_design/subjects.v2.0.0',
      language: 'javascript',
      views: {
        identities: {
          map: `function (doc) {
  if (!doc.namespaces || doc.blocked) return;
  doc.namespaces.forEach(function (each) {
    var value = { _id: each.name + '/limits', namespace: each.name, uuid: each.uuid, key: each.key };
    emit([each.name], value);
    emit([each.uuid, each.key], value);
  });
}`,
        },
      },
    },
    {
      _id: '_design/namespaceThrottlings',
      language: 'javascript',
      views: {
        blockedNamespaces: {
          map: `function (doc) {
  if (doc._id.indexOf('/limits') >= 0) {
    if (doc.concurrentInvocations === 0 || doc.invocationsPerMinute === 0) emit(doc._id.replace('/limits', ''), 1);
  } else if (doc.subject && doc.namespaces && doc.blocked) {
    doc.namespaces.forEach(function (each) { emit(each.name, 1); });
  }
}`,
          reduce: '_sum',
        },
      },
    },
    snapshotFilters,
  ],
  whisks: [
    {
      _id: '_design/whisks.v2.1.0',
      language: 'javascript',
      views: {
        rules: counted(inCollection('doc.trigger !== undefined', '1')),
        packages: counted(packages('doc.binding !== undefined', `${isBinding} ? doc.binding : false`)),
        'packages-public': counted(packages(`doc.binding && doc.publish && !(${isBinding})`, 'false')),
        actions: counted(
          inCollection(
            'doc.exec !== undefined',
            shown('limits: doc.limits', 'exec: { binary: doc.exec.binary || false }'),
          ),
        ),
        triggers: counted(
          inCollection('doc.exec === undefined && doc.binding === undefined && doc.parameters !== undefined', shown()),
        ),
      },
    },
    snapshotFilters,
  ],
  activations: [
    {
      _id: '_design/whisks.v2.1.0',
      language: 'javascript',
      views: { activations: counted(activations('doc.namespace')) },
    },
    {
      _id: '_design/whisks-filters.v2.1.1',
      language: 'javascript',
      views: { activations: counted(activations("doc.namespace + '/' + shownAs(annotated('binding'))", shownAs)) },
    },
    {
      _id: '_design/activations',
      language: 'javascript',
      views: {
        byDate: {
          map: `function (doc) {
  if (doc.activationId !== undefined) emit(doc.start, [doc._id, doc._rev]);
}`,
        },
      },
    },
    {
      _id: '_design/logCleanup',
      language: 'javascript',
      views: {
        byDateWithLogs: {
          map: `function (doc) {
  if (doc.activationId === undefined || !doc.logs || doc.logs.length === 0) return;
  try {
    var kinds = doc.annotations.filter(function (each) { return each.key === 'kind'; });
    if (kinds.length === 0 || kinds[0].value !== 'sequence') emit(doc.start, doc._id);
  } catch (e) {}
}`,
        },
      },
    },
    snapshotFilters,
  ],
};
