import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { Assigned, Bus, BusMessage, Mark } from '../../src/cluster/bus.ts';
import { until } from '../util/until.ts';

/** A bus under test, and all that it was told. */
export interface HeardBus {
  readonly bus: Bus;
  readonly assigned: Assigned[][];
  readonly lost: number[];
  /** How far it says that its partitions are when they are about to move. */
  readonly marks: Mark[];
  readonly work: (BusMessage & { partition: number })[];
  readonly heard: string[];
}

export interface BusMaker {
  /** One more node of the same broker, not started. */
  make(node: string): Bus;
  close?(): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);
const LIMIT_MS = 5_000;

/** What it means to be a bus. @param open a broker that nobody else uses, with 4 partitions */
export function busContract(name: string, open: () => Promise<BusMaker>): void {
  describe(`${name}: bus`, () => {
    let maker: BusMaker;
    const started: HeardBus[] = [];
    let nodes = 0;
    beforeAll(async () => {
      maker = await open();
    });
    afterAll(() => maker.close?.());
    afterEach(async () => {
      await Promise.all(started.splice(0).map(({ bus }) => bus.close()));
    });

    /** Starts a node, and waits until it owns something. */
    async function join(node = `node-${++nodes}`): Promise<HeardBus> {
      const heard: HeardBus = { bus: maker.make(node), assigned: [], lost: [], marks: [], work: [], heard: [] };
      heard.bus.start({
        moving: () => heard.marks,
        kept: (partitions) => heard.lost.push(...ownedBy(heard).filter((each) => !partitions.includes(each))),
        assigned: (partitions) => heard.assigned.push([...partitions]),
        work: (partition, messages) => heard.work.push(...messages.map((each) => ({ ...each, partition }))),
        heard: (value) => heard.heard.push(text(value)),
      });
      started.push(heard);
      await until(`${node} owns partitions`, () => ownedBy(heard).length > 0, 20_000);
      // News is heard from some moment on: from here on it is.
      await until(`${node} hears itself`, async () => {
        await heard.bus.send({ topic: 'members' }, bytes('there'), LIMIT_MS);
        return heard.heard.includes('there');
      });
      return heard;
    }
    const ownedBy = ({ assigned }: HeardBus) => (assigned.at(-1) ?? []).map(({ partition }) => partition);
    const texts = ({ work }: HeardBus) => work.map(({ value }) => text(value));

    test('one node owns all partitions; two share them, and the first keeps its half', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      expect(one.bus.facts?.partitions).toBe(4);
      expect(one.bus.facts?.messageBytes).toBeGreaterThan(100_000);
      const two = await join();
      await until('they share', () => ownedBy(one).length === 2 && ownedBy(two).length === 2);
      expect([...ownedBy(one), ...ownedBy(two)].sort()).toEqual([0, 1, 2, 3]);
      expect(one.lost.sort()).toEqual(ownedBy(two).sort());
      expect(two.lost).toEqual([]);
    });

    test('what a node says when partitions are about to move is what their next owner learns', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      for (let partition = 0; partition < 4; partition++) {
        await one.bus.send({ topic: 'work', partition }, bytes('begun'), LIMIT_MS);
      }
      await until('it arrived', () => one.work.length >= 4);
      const ends = one.assigned.at(-1)?.map(({ end }) => end) ?? [];
      // The message is done: it is not there for the next test.
      one.marks.push(...ends.map((end, partition) => ({ partition, offset: end + 1, note: `{"of":${partition}}` })));
      const two = await join();
      await until('they share', () => ownedBy(two).length === 2);
      const learned = two.assigned.at(-1)?.map(({ partition, offset, note }) => ({ partition, offset, note }));
      expect(learned).toEqual(one.marks.filter(({ partition }) => ownedBy(two).includes(partition)));
    });

    test('work arrives at the owner of its partition, in order, and only there', async () => {
      const [one, two] = [await join(), await join()];
      await until('they share', () => ownedBy(one).length === 2 && ownedBy(two).length === 2);
      const [partition = 0] = ownedBy(two);
      for (const word of ['a', 'b', 'c']) await one.bus.send({ topic: 'work', partition }, bytes(word), LIMIT_MS);
      await until('it arrived', () => two.work.length >= 3);
      expect(texts(two).slice(-3)).toEqual(['a', 'b', 'c']);
      expect(two.work.at(-1)?.partition).toBe(partition);
      expect(texts(one)).not.toContain('a');
      const offsets = two.work.slice(-3).map(({ offset }) => offset);
      expect(offsets[2]).toBe((offsets[0] as number) + 2);
    });

    test('news is heard by all, a result by the node that it is for', async () => {
      const [one, two] = [await join(), await join('for-results')];
      await one.bus.send({ topic: 'members' }, bytes('news'), LIMIT_MS);
      await one.bus.send({ topic: 'results', node: 'for-results' }, bytes('result'), LIMIT_MS);
      await until('it is heard', () => two.heard.includes('result') && one.heard.includes('news'));
      expect(two.heard).toContain('news');
      expect(one.heard).not.toContain('result');
    });

    test('the next owner learns the mark and its note, and gets what comes from there on', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      const partition = 1;
      for (const word of ['done', 'open', 'last']) {
        await one.bus.send({ topic: 'work', partition }, bytes(word), LIMIT_MS);
      }
      const mine = () => one.work.filter((each) => each.partition === partition);
      await until('it arrived', () => mine().some(({ value }) => text(value) === 'last'));
      const first = mine().find(({ value }) => text(value) === 'done') as BusMessage;
      await one.bus.commit([{ partition, offset: first.offset + 1, note: '{"v":1}' }]);
      await one.bus.leave();
      expect(ownedBy(one)).toEqual([]);
      const two = await join();
      await until('it owns all', () => ownedBy(two).length === 4, 20_000);
      await until('it arrived', () => texts(two).includes('last'));
      expect(two.assigned.at(-1)?.find((each) => each.partition === partition)).toEqual({
        ...{ partition, offset: first.offset + 1, note: '{"v":1}' },
        end: first.offset + 3,
      });
      expect(two.work.filter((each) => each.partition === partition).map(({ value }) => text(value))).toEqual([
        'open',
        'last',
      ]);
    });

    test('a partition that has lost its end, so that its mark lies beyond it, goes on from where it ends now', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      const partition = 3;
      await one.bus.send({ topic: 'work', partition }, bytes('last that is left'), LIMIT_MS);
      const mine = (of: HeardBus) => of.work.filter((each) => each.partition === partition);
      await until('it arrived', () => mine(one).length > 0);
      const end = (mine(one).at(-1) as BusMessage).offset + 1;
      await one.bus.commit([{ partition, offset: end + 3, note: '{"v":1}' }]);
      await one.bus.leave();
      const two = await join();
      await until('it owns all', () => ownedBy(two).length === 4, 20_000);
      const found = two.assigned.at(-1)?.find((each) => each.partition === partition);
      expect(found).toEqual({ partition, offset: end, note: '', end });
      for (const word of ['a', 'b', 'c', 'd', 'e']) {
        await two.bus.send({ topic: 'work', partition }, bytes(word), LIMIT_MS);
      }
      await until('it arrived', () => texts(two).includes('e'));
      const fresh = mine(two).filter(({ offset }) => offset >= end);
      expect(fresh.map(({ value }) => text(value))).toEqual(['a', 'b', 'c', 'd', 'e']);
      await two.bus.commit([{ partition, offset: end + 5, note: '' }]);
    });

    test('while it is held nothing is fetched; afterwards all of it comes', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      one.bus.hold(true);
      await one.bus.send({ topic: 'work', partition: 2 }, bytes('held'), LIMIT_MS);
      await one.bus.send({ topic: 'members' }, bytes('after'), LIMIT_MS);
      await until('something later is heard', () => one.heard.includes('after'));
      expect(texts(one)).not.toContain('held');
      one.bus.hold(false);
      await until('it arrived', () => texts(one).includes('held'));
    });

    test('a commit of a partition that it does not own any more is refused', async () => {
      const one = await join();
      await until('it owns all', () => ownedBy(one).length === 4, 20_000);
      expect(one.bus.isOwner).toBe(true);
      await one.bus.leave();
      expect(one.bus.isOwner).toBe(false);
      await expect(one.bus.commit([{ partition: 0, offset: 0, note: '' }])).rejects.toThrow();
    });

    test('after its end nothing is sent', async () => {
      const one = await join();
      await one.bus.close();
      await expect(one.bus.send({ topic: 'members' }, bytes('late'), LIMIT_MS)).rejects.toThrow();
    });
  });
}
