import { describe, expect, test } from 'bun:test';
import { type DatabaseRole, designDocuments } from '../../../src/store/couchdb/designs.ts';
import { attached, inlined, record, whisks } from '../../fixture/openwhisk/documents.ts';

/** What a view's function emits for a document, as CouchDB would run it: keys and values as JSON. */
function emitted(role: DatabaseRole, design: string, view: string, document: object): [unknown, unknown][] {
  const found = designDocuments[role].find(({ _id }) => _id === `_design/${design}`)?.views?.[view];
  const rows: [unknown, unknown][] = [];
  const emit = (key: unknown, value: unknown) => rows.push([key, value]);
  new Function('emit', 'doc', `return (${found?.map})(doc)`)(emit, document);
  return JSON.parse(JSON.stringify(rows));
}

const documentOf = (id: string) => whisks.find(({ _id }) => _id === id) as object;
const base = { version: '0.0.3', publish: false, annotations: [], updated: 1_700_000_000_000 };

describe("OpenWhisk's views of entities", () => {
  const of = (view: string, document: object) => emitted('whisks', 'whisks.v2.1.0', view, document);

  test('have what is in a package twice: by the package, and by the namespace', () => {
    const value = {
      ...{ ...base, namespace: 'carol/tools', name: 'large', limits: attached.limits },
      exec: { binary: false },
    };
    expect(of('actions', attached)).toEqual([
      [['carol/tools', 1_700_000_000_000], value],
      [['carol', 1_700_000_000_000], value],
    ]);
    expect(of('actions', inlined)).toHaveLength(1);
  });

  test('have each document in the view of its kind alone', () => {
    const kinds = { actions: 'carol/small', packages: 'carol/bound', triggers: 'carol/tick', rules: 'carol/every' };
    for (const [mine, id] of Object.entries(kinds)) {
      const views = Object.keys(kinds).filter((view) => of(view, documentOf(id)).length > 0);
      expect(views).toEqual([mine]);
    }
    expect(of('rules', documentOf('carol/every'))).toEqual([[['carol', 1_700_000_000_000], 1]]);
  });

  test('tell bindings from packages, and show others only packages that are published', () => {
    const binding = { namespace: 'carol', name: 'tools' };
    expect(of('packages', documentOf('carol/bound'))[0]?.[1]).toMatchObject({ binding });
    expect(of('packages', documentOf('carol/tools'))[0]?.[1]).toMatchObject({ binding: false });
    expect(of('packages-public', documentOf('carol/tools'))).toHaveLength(1);
    expect(of('packages-public', { ...documentOf('carol/tools'), publish: false })).toEqual([]);
    expect(of('packages-public', { ...documentOf('carol/bound'), publish: true })).toEqual([]);
  });
});

describe("OpenWhisk's views of records", () => {
  const summary = {
    ...{ namespace: 'carol', name: 'small', version: '0.0.3', publish: false, annotations: record.annotations },
    ...{ activationId: record.activationId, start: record.start, end: record.end, duration: 12, statusCode: 1 },
  };
  const shownAs = (annotations: { key: string; value: unknown }[]) =>
    emitted('activations', 'whisks-filters.v2.1.1', 'activations', { ...record, annotations })[0]?.[0];
  const path = (value: string) => ({ key: 'path', value });

  test('summarize by namespace and start, without an end where there is none', () => {
    const of = (document: object) => emitted('activations', 'whisks.v2.1.0', 'activations', document);
    expect(of(record)).toEqual([[['carol', record.start], summary]]);
    const { end: _end, duration: _duration, statusCode: _status, ...unended } = summary;
    expect(of({ ...record, end: 0 })).toEqual([[['carol', record.start], unended]]);
    expect(of({ _id: 'carol/x', namespace: 'carol' })).toEqual([]);
  });

  test('find by the name that it was called by: plain, in a package, through a binding', () => {
    expect(shownAs([path('carol/small')])).toEqual(['carol/small', record.start]);
    expect(shownAs([path('carol/tools/small')])).toEqual(['carol/tools/small', record.start]);
    expect(shownAs([path('carol/tools/small'), { key: 'binding', value: 'carol/bound' }])).toEqual([
      'carol/bound/small',
      record.start,
    ]);
    expect(shownAs([])).toEqual(['carol/small', record.start]);
  });

  test('find the old ones, and those with logs to be deleted', () => {
    const document = { ...record, _rev: '1-a' };
    expect(emitted('activations', 'activations', 'byDate', document)).toEqual([[record.start, [record._id, '1-a']]]);
    const logs = (more: object) => emitted('activations', 'logCleanup', 'byDateWithLogs', { ...document, ...more });
    expect(logs({})).toEqual([[record.start, record._id]]);
    expect(logs({ logs: [] })).toEqual([]);
    expect(logs({ annotations: [{ key: 'kind', value: 'sequence' }] })).toEqual([]);
  });
});

describe("OpenWhisk's views of subjects", () => {
  const alice = { _id: 'alice', subject: 'alice', namespaces: [{ name: 'team', uuid: 'u', key: 'k' }] };

  test('find identities by namespace and by key, with the id of the limits, but none that is blocked', () => {
    const of = (document: object) => emitted('subjects', 'subjects.v2.0.0', 'identities', document);
    const value = { _id: 'team/limits', namespace: 'team', uuid: 'u', key: 'k' };
    expect(of(alice)).toEqual([
      [['team'], value],
      [['u', 'k'], value],
    ]);
    expect(of({ ...alice, blocked: true })).toEqual([]);
    expect(of({ _id: 'team/limits', firesPerMinute: 1 })).toEqual([]);
  });

  test('find namespaces that are blocked, by their subject or by limits of nothing', () => {
    const of = (document: object) => emitted('subjects', 'namespaceThrottlings', 'blockedNamespaces', document);
    expect(of({ ...alice, blocked: true })).toEqual([['team', 1]]);
    expect(of({ _id: 'team/limits', invocationsPerMinute: 0 })).toEqual([['team', 1]]);
    expect(of({ _id: 'team/limits', concurrentInvocations: 0 })).toEqual([['team', 1]]);
    expect([of(alice), of({ _id: 'team/limits', invocationsPerMinute: 9 })]).toEqual([[], []]);
  });
});
