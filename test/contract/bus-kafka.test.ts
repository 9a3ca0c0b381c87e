import { KafkaBus } from '../../src/cluster/kafka.ts';
import { Events } from '../../src/observe/events.ts';
import { KafkaBroker, kafkaJars, openKafka } from '../util/kafka.ts';
import { need } from '../util/need.ts';
import { busContract } from './bus.ts';

if (need('Kafka broker', kafkaJars)) {
  busContract('Kafka', async () => {
    const broker = await KafkaBroker.start();
    let boots = 0;
    const make = (node: string) =>
      new KafkaBus({
        ...{ brokers: [broker.address], prefix: 'test', node, boot: String(++boots), events: new Events() },
        ...{ partitions: 4, replication: undefined, messageBytes: 2_000_000, security: openKafka },
      });
    return { make, close: () => broker.end() };
  });
}
