import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { activationListSql, entityListSql, subjectSql } from '../../../src/store/sqlite/reads.ts';
import { activationColumns, summaryColumns } from '../../../src/store/sqlite/rows.ts';
import { migrations } from '../../../src/store/sqlite/schema.ts';

/** How SQLite goes about a statement, one line a step. */
function planOf(sql: string): string[] {
  const database = new Database(':memory:');
  for (const step of migrations) database.run(step);
  const values = Array.from({ length: sql.split('?').length - 1 }, () => null);
  const plan = database.query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  database.close();
  return plan.map(({ detail }) => detail);
}

describe('a list walks an index in its order, and neither sorts nor scans (LIST-05)', () => {
  test.each([
    ['all of a namespace', { path: 'guest' }, 'entity_by_root (collection=? AND root=?)'],
    ['of a package', { path: 'guest/tools' }, 'entity_by_path (collection=? AND path=?)'],
    ['what others may see', { path: 'guest', publicOnly: true }, 'entity_public (collection=? AND root=?)'],
  ])('of entities: %s', (_what, query, index) => {
    expect(planOf(entityListSql(query))).toEqual([`SEARCH entity USING INDEX ${index}`]);
  });

  test.each([
    ['whole', activationColumns],
    ['in short', summaryColumns],
  ])('of records, %s, with and without a name', (_what, columns) => {
    expect(planOf(activationListSql(columns, {}))).toEqual([
      'SEARCH activation USING INDEX activation_by_namespace (namespace=? AND started>? AND started<?)',
    ]);
    expect(planOf(activationListSql(columns, { name: 'hello' }))).toEqual([
      'SEARCH activation USING INDEX activation_by_name (namespace=? AND shown_as=? AND started>? AND started<?)',
    ]);
  });

  test('and so does pruning, from the oldest on', () => {
    expect(planOf('SELECT started, bytes FROM activation ORDER BY started, bytes, seq LIMIT ?')).toEqual([
      'SCAN activation USING COVERING INDEX activation_by_age',
    ]);
  });

  test.each(['uuid', 'namespace'] as const)('subjects are found by %s through an index', (column) => {
    const plan = planOf(subjectSql(column)).join('\n');
    expect(plan).toContain(`subject_namespace USING INDEX subject_by_${column} (${column}=?)`);
    expect(plan).not.toContain('SCAN');
  });
});
