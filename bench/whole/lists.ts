import { Api } from '../../src/load/api.ts';
import { Connection } from '../../src/load/connection.ts';
import { callOneByOne, expect200 } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, type Scenario } from './scenario.ts';

const FEW = 100;
const MANY = 10_000;
const CONNECTIONS = 16;
const NAMESPACE = '/api/v1/namespaces/_';

/** Two namespaces of one node that differ in nothing but how much is in them. */
const users = [
  { name: 'few', key: `00000000-0000-4000-8000-000000000001:${'f'.repeat(64)}`, count: FEW },
  { name: 'many', key: `00000000-0000-4000-8000-000000000002:${'m'.repeat(64)}`, count: MANY },
] as const;

/** What a page of 30 costs when there are 10,000, beside a page of 30 out of 100. */
export const lists: Scenario = {
  name: 'lists',
  sandboxes: ['local'],
  async measure({ sandbox, sizes, cleanup, say }) {
    const { rounds, calls, warmUpCalls } = sizes;
    const args = ['--users', users.map(({ name, key }) => `${name}=${key}`).join(',')];
    const node = await BenchNode.start({ sandbox, args });
    cleanup.add(() => node.stop());
    const { connection } = node;
    const crowd = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(node.address)));
    cleanup.add(() => crowd.forEach((each) => void each.close()));
    for (const { name, key, count } of users) {
      say(`making ${count} actions and activations of ${name}`);
      await fill(crowd, new Api(connection, key), key, count);
    }

    const figures: Figure[] = [];
    for (const [what, query] of [
      ['actions', 'limit=30'],
      ['activations', 'limit=30'],
      ['activations by name', 'limit=30&name=echo'],
      ['activations, last page', `limit=30&skip=${FEW - 30}`],
    ] as const) {
      const [collection] = what.split(/\W/) as [string];
      const page = (key: string) =>
        encodeRequest({ method: 'GET', path: `${NAMESPACE}/${collection}?${query}`, auth: key });
      const [few, many] = users.map(({ key }) => page(key)) as [Uint8Array, Uint8Array];
      await expectThirty(connection, few);
      await expectThirty(connection, many);
      say(`warming up: ${what}`);
      await callOneByOne(connection, many, warmUpCalls / 10);
      const measured = await alternate(
        rounds,
        {
          many: () => callOneByOne(connection, many, calls / 5),
          few: () => callOneByOne(connection, few, calls / 5),
        },
        (round) => say(`${what}: round ${round} of ${rounds}`),
      );
      const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
      figures.push(
        figure({
          ...{ id: `lists/${what.replaceAll(/\W+/g, '-')}`, title: `30 of ${MANY} ${what}`, unit: 'µs' },
          rounds: p50(measured.many),
          samples: measured.many.flat(),
          floor: { what: `30 of ${FEW}`, parts: { few: p50(measured.few) } },
        }),
      );
    }
    return figures;
  },
};

/** So many actions, and as many records of one of them. */
async function fill(crowd: readonly Connection[], api: Api, auth: string, count: number): Promise<void> {
  await api.putAction('echo', { code: ECHO, concurrency: CONNECTIONS });
  let made = 1;
  const exec = { kind: 'nodejs:default', code: ECHO };
  await Promise.all(
    crowd.map(async (connection) => {
      while (made < count) {
        const path = `${NAMESPACE}/actions/action-${String(made++).padStart(6, '0')}`;
        expect200(await connection.ask(encodeRequest({ method: 'PUT', path, auth, body: JSON.stringify({ exec }) })));
      }
    }),
  );
  let called = 0;
  const invocation = api.invocation('echo', '{}');
  await Promise.all(
    crowd.map(async (connection) => {
      while (called++ < count) expect200(await connection.ask(invocation));
    }),
  );
}

/** An answer that is no whole page would be a figure of something else. */
async function expectThirty(connection: Connection, request: Uint8Array): Promise<void> {
  const answer = await connection.ask(request);
  expect200(answer);
  const rows = (JSON.parse(answer.body.toString()) as unknown[]).length;
  if (rows !== 30) throw new Error(`a page of ${rows}`);
}
