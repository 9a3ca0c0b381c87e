import { afterAll, beforeAll, expect, test } from 'bun:test';
import { clientOf, connectedAdmin, type KafkaOptions } from '../../src/cluster/kafka/client.ts';
import { makeTopics } from '../../src/cluster/kafka/topics.ts';
import { KafkaWork } from '../../src/cluster/kafka/work.ts';
import { Events } from '../../src/observe/events.ts';
import { KafkaBroker, kafkaJars, openKafka } from '../util/kafka.ts';
import { need } from '../util/need.ts';
import { until } from '../util/until.ts';

if (need('Kafka broker', kafkaJars)) {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await KafkaBroker.start();
  });
  afterAll(() => broker.end());

  test('a place in the group that was given up while Kafka was away is not taken when it is back', async () => {
    const options: KafkaOptions = {
      ...{ brokers: [broker.address], prefix: 'test', node: 'n', boot: '1', events: new Events(), partitions: 4 },
      ...{ replication: undefined, messageBytes: 2_000_000, security: openKafka },
    };
    const kafka = await clientOf(options, 3);
    const topic = 'test.work';
    const making = await connectedAdmin(kafka);
    await makeTopics(making, [topic], options);
    await making.disconnect();
    let owned: readonly number[] = [];
    const work = new KafkaWork({
      ...{ kafka: options, topic, messageBytes: () => options.messageBytes, events: options.events },
      onCrash: () => undefined,
      listener: {
        moving: () => [],
        kept: () => undefined,
        assigned: (partitions) => {
          owned = partitions.map(({ partition }) => partition);
        },
        work: () => undefined,
      },
    });
    await broker.stop('SIGKILL');
    const given = work.open(kafka);
    // Until it takes part there is nothing to hold: it must not throw.
    for (const isHeld of [true, false]) work.hold(isHeld);
    await work.disconnect();
    await broker.start();
    await work.open(kafka);
    await given;
    await until('it owns all', () => owned.length === 4, 20_000);
    const asking = await connectedAdmin(kafka);
    try {
      const { groups } = await asking.describeGroups([topic]);
      expect(groups[0]?.members).toHaveLength(1);
    } finally {
      await asking.disconnect();
      await work.close();
    }
  });
}
