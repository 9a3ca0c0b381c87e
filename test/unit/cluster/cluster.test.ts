import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { decode } from '../../../src/cluster/wire.ts';
import type { JobWatcher } from '../../../src/model/job.ts';
import { messages } from '../../../src/model/messages.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { refuseForNow, Unavailable } from '../../../src/model/refusal.ts';
import { type InvocationWork, RecordLost } from '../../../src/model/work.ts';
import { FakeBroker } from '../../fake/bus.ts';
import { job } from '../../fake/job.ts';
import { ClusterNode, pass, settle } from '../../util/cluster.ts';

let broker: FakeBroker;
const nodes: ClusterNode[] = [];
beforeEach(() => {
  jest.useFakeTimers();
  broker = new FakeBroker();
});
afterEach(async () => {
  for (const { bus } of nodes.splice(0)) bus.kill();
  jest.useRealTimers();
});

/** Nodes that know each other. */
async function up(...slots: number[]): Promise<ClusterNode[]> {
  const made = slots.map((count, index) => new ClusterNode(broker, `n${nodes.length + index}`, count));
  nodes.push(...made);
  await pass(2_000);
  return made;
}

function work(id: string, fields: Partial<InvocationWork> = {}): InvocationWork {
  return {
    ...{ type: 'invocation', activationId: id, transactionId: 't', subject: 'guest', namespace: 'guest', uuid: 'u' },
    ...{ acceptedAt: 0, action: '/guest/a', version: '0.0.1', args: '{}' },
    ...fields,
  };
}

function ended(fields: Partial<Outcome> = {}): Outcome {
  const now = Date.now();
  return {
    response: { status: 'success', result: '{"a":1}', size: 7 },
    ...{ logs: [], start: now - 100, end: now, waitMs: 1, timedOut: false },
    ...fields,
  };
}
const ids = (works: ClusterNode['works']) => works.map(({ asked }) => asked.activationId);

describe('a job whose caller waits (MSG-01…07)', () => {
  test('runs here when there is room', async () => {
    const [one, two] = (await up(1, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    expect(one.jobs).toHaveLength(1);
    one.jobs[0]?.end(ended());
    expect((await outcome).response.status).toBe('success');
    expect(two.jobs).toHaveLength(0);
    expect(one.cluster.status.overflowed).toBe(0);
  });

  test('else on a node that has room, with its own look at the action and the key', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const asked = job({ initEnv: { A: 'b' } }, { apiKey: 'uuid:secret', args: '{"x":1}', transactionId: 'tid' });
    const outcome = one.cluster.run(asked);
    await settle();
    expect(two.jobs[0]?.asked).toMatchObject({
      ...{ activationId: asked.activationId, transactionId: 'tid', namespace: 'guest', args: '{"x":1}' },
      ...{ apiKey: 'uuid:key-of-n1', action: { id: 'guest/a', rev: '1-a', initEnv: { A: 'b' } } },
    });
    two.jobs[0]?.end(ended());
    expect((await outcome).response.result).toBe('{"a":1}');
    expect(
      broker.log
        .flat()
        .map((each) => Buffer.from(each).toString('latin1'))
        .join(),
    ).not.toContain('secret');
    await pass(250);
    expect(broker.committed.filter((mark) => mark?.offset === 1)).toHaveLength(1);
    expect(one.cluster.status).toMatchObject({ overflowed: 1, away: 0 });
    expect(two.cluster.status).toMatchObject({ taken: 1, inHand: 0 });
  });

  test('whose outcome comes from a clock that is wrong has its times by ours, and its watcher hears the lines', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const heard: string[] = [];
    const watcher: JobWatcher = { started: () => heard.push('started'), logged: (_, line) => heard.push(line) };
    const acceptedAt = Date.now();
    const outcome = one.cluster.run(job({}, { acceptedAt, watcher }));
    await settle();
    await pass(1_000);
    const theirs = Date.now();
    two.jobs[0]?.end(ended({ start: theirs - 400, end: theirs, logs: ['line'], waitMs: -5_000 }));
    const { start, end, waitMs } = await outcome;
    expect([start - acceptedAt, end - acceptedAt, waitMs]).toEqual([600, 1_000, 600]);
    expect(heard).toEqual(['started', 'line']);
  });

  test('when nobody has room, waits here', async () => {
    const [one] = (await up(0, 0)) as [ClusterNode];
    const outcome = one.cluster.run(job());
    expect(one.waiting).toHaveLength(1);
    one.waiting[0]?.end(ended());
    await outcome;
  });

  test('is not sent to a node that has got as much as it said it has room for', async () => {
    const [one, two] = (await up(0, 2)) as [ClusterNode, ClusterNode];
    for (let n = 0; n < 3; n++) void one.cluster.run(job());
    await settle();
    expect(two.jobs).toHaveLength(2);
    expect(one.waiting).toHaveLength(1);
    two.jobs[0]?.end(ended());
    await settle();
    void one.cluster.run(job());
    await settle();
    expect(two.jobs).toHaveLength(2);
  });

  test('while Kafka is away, waits here; and goes elsewhere again when it is back', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    broker.isAway = true;
    const first = one.cluster.run(job());
    await settle();
    expect(one.waiting).toHaveLength(1);
    one.waiting[0]?.end(ended());
    await first;
    expect(one.cluster.isReachable).toBe(false);
    expect(one.cluster.members.map(({ status }) => status)).toEqual(['up', 'up']);
    await pass(10_000);
    expect(one.cluster.members.map(({ status }) => status)).toEqual(['up', 'unresponsive']);
    broker.isAway = false;
    await pass(2_000);
    void one.cluster.run(job());
    await settle();
    expect(two.jobs).toHaveLength(1);
    expect(one.said.join('\n')).toContain('Kafka does not take messages');
  });

  test('that is too long for a message waits here', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    void one.cluster.run(job({}, { args: JSON.stringify({ a: 'x'.repeat(broker.messageBytes) }) }));
    await settle();
    expect(one.waiting).toHaveLength(1);
    expect(two.jobs).toHaveLength(0);
  });

  test('that only another node can run is run there', async () => {
    const [one] = (await up(2)) as [ClusterNode];
    const about = { address: 'http://p:3233', version: '1.0.0', kinds: ['python:3'] };
    const python = new ClusterNode(broker, 'p', 1, { about });
    nodes.push(python);
    await pass(2_000);
    const asked = () => job({ exec: { kind: 'python:3', binary: false } });
    void one.cluster.run(asked());
    await settle();
    expect(python.jobs).toHaveLength(1);
    // Also when that has no room now: here it could only fail.
    void one.cluster.run(asked());
    await pass(500);
    expect(python.waiting).toHaveLength(1);
    expect([one.jobs, one.waiting]).toEqual([[], []]);
  });

  test('that only another node can run, and comes back from it, is refused for now', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    const about = { address: 'http://p:3233', version: '1.0.0', kinds: ['python:3'] };
    const resolveAction = () => Promise.reject(new Unavailable('the store is away'));
    nodes.push(new ClusterNode(broker, 'p', 1, { about, resolveAction }));
    await pass(2_000);
    const outcome = one.cluster.run(job({ exec: { kind: 'python:3', binary: false } }));
    await expect(outcome).rejects.toMatchObject({ name: 'Refusal', status: 503 });
    expect([one.jobs, one.waiting]).toEqual([[], []]);
  });

  test('whose action is gone hears so', async () => {
    const [one] = (await up(0)) as [ClusterNode];
    nodes.push(new ClusterNode(broker, 'x', 1, { resolveAction: async () => undefined }));
    await pass(2_000);
    const outcome = one.cluster.run(job());
    await settle();
    expect((await outcome).response.result).toContain(messages.actionRemoved);
  });

  test('that the other node cannot look up because the store is away comes back, and runs here', async () => {
    const [one] = (await up(0)) as [ClusterNode];
    const resolveAction = () => Promise.reject(new Unavailable('the store is away'));
    nodes.push(new ClusterNode(broker, 'x', 1, { resolveAction }));
    await pass(2_000);
    void one.cluster.run(job());
    await settle();
    expect(one.waiting).toHaveLength(1);
    expect(one.cluster.status).toMatchObject({ overflowed: 1, away: 0 });
  });

  test('that the other node cannot begin because its code is away comes back, and runs here', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    void one.cluster.run(job());
    await settle();
    two.jobs[0]?.fail(refuseForNow(messages.storeUnreachable));
    await settle();
    expect([one.waiting.length, two.jobs.length]).toEqual([1, 0]);
    await pass(1_000);
    expect(two.cluster.status).toMatchObject({ taken: 1, inHand: 0, queued: 0 });
    expect(broker.committed.filter((mark) => mark?.offset === 1)).toHaveLength(1);
  });

  test('that gets no answer hears so after twice its time and a minute', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job({ limits: { timeout: 1_000, memory: 256, logs: 10, concurrency: 1 } }));
    await settle();
    expect(two.jobs).toHaveLength(1);
    await pass(62_500);
    expect((await outcome).response.result).toContain(messages.nodeSilent);
    two.jobs[0]?.end(ended());
    await settle();
    expect(one.cluster.status.away).toBe(0);
  });

  test('is run by another node when the one that had it dies', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    const [three] = (await up(1)) as [ClusterNode];
    two.kill(broker);
    await pass(10_000);
    expect([...three.jobs, ...one.waiting]).toHaveLength(1);
    [...three.jobs, ...one.waiting][0]?.end(ended());
    expect((await outcome).response.status).toBe('success');
  });

  test('that is given back, because its node seemed to be dead, is run there', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    const [three] = (await up(1)) as [ClusterNode];
    one.bus.isMute = true;
    two.kill(broker);
    await pass(12_000);
    expect(three.jobs).toHaveLength(0);
    expect(one.waiting).toHaveLength(1);
    one.waiting[0]?.end(ended());
    expect((await outcome).response.status).toBe('success');
  });

  test('that has ended is answered although its node seems to be dead: it may only have been cut off', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    one.bus.isMute = true;
    await pass(12_000);
    two.jobs[0]?.end(ended());
    expect((await outcome).response.status).toBe('success');
  });

  test('that costs node after node its life is given up', async () => {
    const [one] = (await up(0)) as [ClusterNode];
    const outcome = one.cluster.run(job());
    one.waiting[0]?.end(ended());
    await outcome;
    const [victim] = (await up(1)) as [ClusterNode];
    const lost = one.cluster.run(job());
    let next: ClusterNode | undefined = victim;
    for (let deaths = 0; deaths < 3; deaths++) {
      await settle();
      expect(next?.jobs).toHaveLength(1);
      // The last one standing takes all partitions, the first has no room.
      const [heir] = (await up(1)) as [ClusterNode];
      one.bus.isMember = false;
      next?.kill(broker);
      next = heir;
      await pass(10_000);
    }
    expect((await lost).response.result).toContain(messages.nodesLost(3));
  });

  test('whose result is too long for a message loses log lines, not its result', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    two.jobs[0]?.end(ended({ logs: Array.from({ length: 20 }, () => 'x'.repeat(100_000)) }));
    const { logs, response } = await outcome;
    expect(response.status).toBe('success');
    expect(logs.at(-1)).toContain('Logs were truncated');
    expect(logs.length).toBeGreaterThan(5);
  });
});

describe('a result that no message has room for', () => {
  test('becomes an error that says so: what is too long for Kafka never gets there', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    const result = JSON.stringify({ a: 'x'.repeat(broker.messageBytes) });
    two.jobs[0]?.end(ended({ response: { status: 'success', result, size: result.length }, logs: ['line'] }));
    await pass(250);
    const { response, logs } = await outcome;
    expect(response).toMatchObject({ status: 'whisk internal error' });
    expect(response.result).toContain(messages.resultUnsendable(broker.messageBytes));
    expect(logs[0]).toBe('line');
    expect(two.cluster.status).toMatchObject({ inHand: 0, kafka: 'up' });
  });
});

describe('accepted work', () => {
  test('is in Kafka before it is accepted, done once, and taken out when it is done', async () => {
    const [one, two] = (await up(1, 1)) as [ClusterNode, ClusterNode];
    expect(await one.cluster.accept([work('w1')])).toEqual([]);
    expect(broker.log.flat()).toHaveLength(1);
    await settle();
    expect(ids(one.works)).toEqual(['w1']);
    expect(one.works[0]?.tries).toBe(0);
    expect(two.works).toHaveLength(0);
    expect(broker.committed.every((mark) => (mark?.offset ?? 0) === 0)).toBe(true);
    one.works[0]?.end();
    await pass(250);
    expect(broker.committed.filter((mark) => mark?.offset === 1)).toHaveLength(1);
  });

  test('goes to a node with room when there is none here', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    expect(ids(two.works)).toEqual(['w1']);
  });

  test('waits in Kafka until there is room, and no more is begun at once than fits, and half as much', async () => {
    const [one] = (await up(2)) as [ClusterNode];
    await one.cluster.accept(['a', 'b', 'c', 'd', 'e'].map((id) => work(id)));
    await pass(500);
    expect(one.works).toHaveLength(3);
    one.works[0]?.end();
    await pass(500);
    expect(one.works).toHaveLength(3);
    expect(one.cluster.status).toMatchObject({ queued: 1, inHand: 3 });
  });

  test('is kept here when Kafka is away, does not take it, or it is too long', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    const long = work('long', { args: JSON.stringify({ a: 'x'.repeat(broker.messageBytes) }) });
    expect(await one.cluster.accept([work('a'), long])).toEqual([long]);
    broker.failing = 1;
    expect(await one.cluster.accept([work('b')])).toEqual([work('b')]);
    // Until something is heard again, nobody waits for Kafka.
    expect(await one.cluster.accept([work('c')])).toEqual([work('c')]);
    await pass(1_500);
    expect(await one.cluster.accept([work('d')])).toEqual([]);
  });

  test('of a node that dies is done by another, which knows that it was begun before', async () => {
    const [one, two] = (await up(1, 1)) as [ClusterNode, ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    expect(ids(one.works)).toEqual(['w1']);
    one.kill(broker);
    await settle();
    expect(two.works).toHaveLength(0);
    await pass(10_000);
    expect(ids(two.works)).toEqual(['w1']);
    expect(two.works[0]?.tries).toBe(1);
    expect(two.cluster.members.map(({ id, status }) => `${id} ${status}`)).toEqual(['n0 down', 'n1 up']);
  });

  test('goes on where it is when its partition gets another owner, and is not begun there', async () => {
    const [one] = (await up(16)) as [ClusterNode];
    await one.cluster.accept(Array.from({ length: 8 }, (_, n) => work(`w${n}`, { action: `/guest/a${n}` })));
    await pass(500);
    expect(one.works).toHaveLength(8);
    const [two] = (await up(16)) as [ClusterNode];
    expect(two.bus.owned).toHaveLength(2);
    expect(two.works).toHaveLength(0);
    expect(two.cluster.status.elsewhere).toBeGreaterThan(0);
    for (const each of [...one.works]) each.end();
    await pass(2_000);
    expect(two.works).toHaveLength(0);
    expect(two.cluster.status.elsewhere).toBe(0);
    const done = broker.log.map((log, partition) => (broker.committed[partition]?.offset ?? 0) === log.length);
    expect(done).toEqual([true, true, true, true]);
  });

  test('that its old owner knows nothing of is begun by the new one', async () => {
    broker.log[0]?.push(await encoded(work('w1')));
    broker.committed[0] = { partition: 0, offset: 0, note: '{"v":1,"o":["n1#n1-boot"],"b":[[0,1,0]],"d":[]}' };
    const [one] = (await up(1)) as [ClusterNode];
    expect([one.works.length, one.cluster.status.elsewhere]).toEqual([0, 1]);
    const [two] = (await up(1)) as [ClusterNode];
    const all = [...one.works, ...two.works];
    expect(ids(all)).toEqual(['w1']);
    expect(all[0]?.tries).toBe(1);
  });

  test('is not begun while partitions move, and what ends meanwhile is not begun by their next owner', async () => {
    const [one] = (await up(8)) as [ClusterNode];
    const all = Array.from({ length: 24 }, (_, n) => work(`w${n}`, { action: `/guest/a${n}` }));
    for (const each of all) {
      await one.cluster.accept([each]);
      await settle();
    }
    const first = ids(one.works);
    broker.move();
    for (const each of [...one.works]) each.end();
    await pass(1_000);
    expect(one.works).toHaveLength(0);
    const [two] = (await up(4)) as [ClusterNode];
    const rest: string[] = [];
    for (let round = 0; round < 10; round++) {
      for (const each of [...one.works, ...two.works]) {
        rest.push(each.asked.activationId);
        each.end();
      }
      await pass(1_000);
    }
    expect([...first, ...rest].sort()).toEqual(all.map(({ activationId }) => activationId).sort());
    const done = broker.log.map((log, partition) => (broker.committed[partition]?.offset ?? 0) === log.length);
    expect(done).toEqual([true, true, true, true]);
  });

  test('is not begun by a node that is cut off: others will', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    for (const id of ['w1', 'w2', 'w3', 'w4']) await one.cluster.accept([work(id)]);
    await settle();
    const before = one.works.length;
    one.bus.isMute = true;
    await pass(5_000);
    for (const each of [...one.works]) each.end();
    await pass(1_000);
    expect([before > 0, one.works.length, one.cluster.status.queued]).toEqual([true, 0, 4 - before]);
    one.bus.isMute = false;
    await pass(1_000);
    expect(one.works.length).toBe(before);
  });

  test('that was there before is not begun until it is counted', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    for (const log of broker.log) log.push(await encoded(work('old')));
    const order: string[] = [];
    one.bus.kill();
    const [two] = (await up(0)) as [ClusterNode];
    const commit = two.bus.commit.bind(two.bus);
    two.bus.commit = async (marks) => {
      await commit(marks);
      order.push(`commit with ${two.works.length} begun`);
    };
    two.slots = 1;
    await pass(250);
    expect(order[0]).toBe('commit with 0 begun');
    expect(two.works).toHaveLength(1);
  });

  test('that is still to be done is tried again, and that counts for nothing', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    expect(one.works[0]).toMatchObject({ tries: 0, isAgain: false });
    one.works[0]?.fail(new Unavailable('the store is away'));
    await pass(1_500);
    expect(one.works[0]).toMatchObject({ tries: 0, isAgain: true });
    one.works[0]?.end();
    await settle();
    expect(one.cluster.status.inHand).toBe(0);
  });

  test('that broke on the way is tried again, and that is counted', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    one.works[0]?.fail(new Error('nobody foresaw it'));
    await pass(1_500);
    expect(one.works.map(({ tries }) => tries)).toEqual([1]);
    expect(one.said.some((line) => line.startsWith('error w1 could not be done'))).toBe(true);
    one.works[0]?.end();
    await settle();
    expect(one.cluster.status.inHand).toBe(0);
  });

  test('that ran, and whose record was given up, is not done again, and the log says so', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    one.works[0]?.fail(new RecordLost('its record was given up'));
    await pass(3_000);
    expect(one.works).toHaveLength(0);
    expect(broker.committed.filter((mark) => mark?.offset === 1)).toHaveLength(1);
    expect(one.said.filter((line) => line.startsWith('error'))).toEqual([
      'error w1 is not done again, although it has no record: its record was given up',
    ]);
  });

  test('what nobody can read is skipped and counted, and holds nothing up', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    for (const garbage of [Buffer.from('garbage'), new Uint8Array()]) {
      await one.bus.send({ topic: 'work', partition: 0 }, garbage);
      await one.bus.send({ topic: 'members' }, garbage);
    }
    await pass(250);
    expect(one.cluster.status.skipped).toBe(4);
    expect(broker.committed[0]?.offset).toBe(2);
    expect(one.said.filter((line) => line.includes('skipped'))).toHaveLength(4);
  });
});

async function encoded(what: InvocationWork): Promise<Uint8Array> {
  const { encode } = await import('../../../src/cluster/wire.ts');
  return encode({ type: 'work', work: what });
}

describe('a node', () => {
  test('that stops gives its partitions to others at once, ends what it has, and says farewell', async () => {
    const [one, two] = (await up(1, 1)) as [ClusterNode, ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    const drained = one.cluster.drain(30_000);
    await pass(1_000);
    expect(two.bus.owned).toHaveLength(4);
    expect(two.cluster.members.map(({ status }) => status)).toEqual(['draining', 'up']);
    expect(two.works).toHaveLength(0);
    one.works[0]?.end();
    await pass(500);
    await drained;
    expect(broker.committed.filter((mark) => mark?.offset === 1)).toHaveLength(1);
    await one.cluster.close(1_000);
    await settle();
    expect(two.cluster.members.map(({ id }) => id)).toEqual(['n1']);
    expect(two.works).toHaveLength(0);
  });

  test('that stops before its work has ended leaves it to others at once', async () => {
    const [one, two] = (await up(1, 1)) as [ClusterNode, ClusterNode];
    await one.cluster.accept([work('w1')]);
    await settle();
    const drained = one.cluster.drain(1_000);
    await pass(1_500);
    await drained;
    await one.cluster.close(0);
    await pass(250);
    expect(ids(two.works)).toEqual(['w1']);
    expect(two.works[0]?.tries).toBe(1);
  });

  test('that stops waits for what others do for it', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    const outcome = one.cluster.run(job());
    await settle();
    void one.cluster.drain(1_000);
    await pass(500);
    const closed = one.cluster.close(10_000);
    await pass(2_000);
    two.jobs[0]?.end(ended());
    expect((await outcome).response.status).toBe('success');
    await closed;
  });

  test('with the name of another says so once', async () => {
    const [one] = (await up(1)) as [ClusterNode];
    nodes.push(new ClusterNode(broker, 'n0', 1, { boot: 'another' }));
    await pass(3_000);
    expect(one.said.filter((line) => line.includes("calls itself 'n0'"))).toHaveLength(1);
  });

  test('tells what it is', async () => {
    const [one] = (await up(1, 3)) as [ClusterNode];
    expect(one.cluster.members[1]).toEqual({
      ...{ id: 'n1', status: 'up', address: 'http://n1:3233', version: '1.0.0', kinds: ['nodejs:20'] },
      ...{ memoryTotal: 768, memoryFree: 768, waiting: 0, partitions: [2, 3] },
    });
    expect(one.cluster.status).toMatchObject({ node: 'n0', state: 'up', kafka: 'up', members: { up: 2, down: 0 } });
    const beat = one.bus.sent.filter(({ topic }) => topic === 'members');
    // Two seconds: one heartbeat each, and one for each change.
    expect(beat.length).toBeLessThan(6);
  });

  test('that hears an answer nobody waits for heeds it not', async () => {
    const [one, two] = (await up(0, 1)) as [ClusterNode, ClusterNode];
    void one.cluster.run(job());
    await settle();
    const [message] = broker.log.flat();
    expect(message && decode(message)).toMatchObject({ type: 'run' });
    two.jobs[0]?.end(ended());
    await settle();
    expect(() => broker.rebalance()).not.toThrow();
    await pass(1_000);
    expect(two.jobs).toHaveLength(0);
  });
});
