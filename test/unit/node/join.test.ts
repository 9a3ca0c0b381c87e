import { afterAll, describe, expect, test } from 'bun:test';
import { type SettingsError, settingsFrom } from '../../../src/config.ts';
import type { Accept, Work } from '../../../src/model/work.ts';
import { acceptInKafka, nodeId } from '../../../src/node/join.ts';
import { temporaryFolder } from '../../util/whisklet.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function work(activationId: string): Work {
  return {
    ...{ type: 'invocation', activationId, transactionId: 't', subject: 's', namespace: 'n', uuid: 'u', acceptedAt: 0 },
    ...{ action: '/n/a', version: '0.0.1', args: '{}' },
  };
}

describe('the name of a node', () => {
  test('is what it was called, else made of the host, and stays', async () => {
    expect(await nodeId({ nodeId: 'edge-1', dataDir: folder.path })).toBe('edge-1');
    const made = await nodeId({ nodeId: undefined, dataDir: folder.path });
    expect(made).toMatch(/^[\w.-]+-[0-9a-f]{4}$/);
    expect(await nodeId({ nodeId: undefined, dataDir: folder.path })).toBe(made);
  });
});

describe('accepted work', () => {
  test('is taken on here when Kafka does not take it, and only then', async () => {
    const here: Work[] = [];
    const takeHere: Accept = async (works, begin) => {
      here.push(...works);
      works.forEach(begin);
    };
    const begun: Work[] = [];
    const begin = (work: Work) => void begun.push(work);
    const [a, b] = [work('a'), work('b')];
    const accept = acceptInKafka({ accept: async (works) => works.filter((each) => each === b) }, takeHere);
    await accept([a, b], begin);
    expect([here, begun]).toEqual([[b], [b]]);
    await accept([a], begin);
    expect([here, begun]).toEqual([[b], [b]]);
  });
});

describe('settings of Kafka', () => {
  const problems = (...args: string[]) =>
    settingsFrom(...args).then(
      () => [],
      (error: SettingsError) => error.problems,
    );

  test('are refused without a store that nodes share', async () => {
    expect(await problems('--kafka', 'broker:9092')).toEqual([
      "kafka: nodes that do each other's work share the store that it is about; set couchdb, too",
    ]);
    expect(await problems('--kafka', 'broker:9092', '--couchdb', 'http://db:5984')).toEqual([]);
  });

  test('names are those that topics can have', async () => {
    expect(await problems('--node-id', 'a b')).toHaveLength(1);
    expect(await problems('--kafka-prefix', 'x'.repeat(101))).toHaveLength(1);
    expect(await problems('--node-id', 'edge-1.example_2')).toEqual([]);
  });
});
