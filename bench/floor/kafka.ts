import { Kafka, logLevel } from 'kafkajs';
import { hear } from '../process/lines.ts';

/**
 * The floor of what goes through Kafka: a message from a producer to a consumer of the client that the node uses, as fast as that
 * client is by itself. Told a count, it sends as many, one after the other, and prints the microseconds of each until it came.
 *
 *     bun kafka.ts 127.0.0.1:9092 topic
 */
const [broker = '', topic = ''] = process.argv.slice(2);
/** About as long as a job. */
const value = Buffer.alloc(600, 'x');
const kafka = new Kafka({ clientId: topic, brokers: [broker], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({ groupId: topic, minBytes: 1, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
let came: (() => void) | undefined;

await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({ autoCommit: false, eachBatch: async () => came?.() });
for (let left = 200; left > 0; left--) await sendOne();
console.log('ready');
hear(async (line) => {
  if (line === 'end') return close();
  const samples: number[] = [];
  for (let left = Number(line); left > 0; left--) samples.push(await sendOne());
  console.log(JSON.stringify(samples));
});

async function sendOne(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  came = resolve;
  const start = performance.now();
  const [end] = await Promise.all([
    promise.then(() => performance.now()),
    producer.send({ topic, messages: [{ partition: 0, value }], acks: -1 }),
  ]);
  return (end - start) * 1000;
}

async function close(): Promise<void> {
  await consumer.disconnect();
  await producer.disconnect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}
