import { jest } from 'bun:test';
import { Cluster, type ClusterOptions } from '../../src/cluster/cluster.ts';
import type { Job } from '../../src/model/job.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Work } from '../../src/model/work.ts';
import { Events } from '../../src/observe/events.ts';
import type { FakeBroker, FakeBus } from '../fake/bus.ts';
import { job } from '../fake/job.ts';

/** Work or a job that a test node has begun, ended by hand. */
export interface InHand<T, R> {
  readonly asked: T;
  readonly tries?: number;
  readonly isAgain?: boolean;
  end(result: R): void;
  fail(error: Error): void;
}

/** A cluster node on a fake broker, whose pool and `perform` do nothing by themselves. Time is the test's (fake timers). */
export class ClusterNode {
  readonly bus: FakeBus;
  readonly cluster: Cluster;
  readonly said: string[] = [];
  readonly jobs: InHand<Job, Outcome>[] = [];
  readonly waiting: InHand<Job, Outcome>[] = [];
  readonly works: InHand<Work, void>[] = [];
  /** Jobs at once. */
  slots: number;
  busy = 0;

  constructor(broker: FakeBroker, node: string, slots = 2, more: Partial<ClusterOptions> = {}) {
    this.slots = slots;
    this.bus = broker.bus(node);
    const events = new Events();
    events.said.subscribe(({ level, text }) => this.said.push(`${level} ${text}`));
    this.cluster = new Cluster({
      ...{ bus: this.bus, node, boot: `${node}-boot`, events, maxTries: 3, standardMemory: 256 },
      offer: (asked) => {
        if (this.busy >= this.slots) return undefined;
        this.busy++;
        return this.#hand(this.jobs, asked).finally(() => this.busy--);
      },
      run: (asked) => this.#hand(this.waiting, asked),
      perform: (work, tries, isAgain = false) => {
        this.busy++;
        return this.#hand(this.works, work, { tries, isAgain }).finally(() => this.busy--);
      },
      resolveAction: async ({ id, rev, initEnv }) => job({ id, rev, initEnv }).action,
      keyOf: async (uuid) => `${uuid}:key-of-${node}`,
      about: { address: `http://${node}:3233`, version: '1.0.0', kinds: ['nodejs:20'] },
      load: () => ({
        memoryTotal: this.slots * 256,
        memoryFree: Math.max(0, this.slots - this.busy - this.waiting.length) * 256,
        waiting: this.waiting.length,
      }),
      now: () => performance.now(),
      ...more,
    });
    this.cluster.start();
  }

  #hand<T, R>(list: InHand<T, R>[], asked: T, begun: Pick<InHand<T, R>, 'tries' | 'isAgain'> = {}): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const take = () => list.splice(list.indexOf(hand), 1);
    const hand: InHand<T, R> = {
      asked,
      ...begun,
      end: (result) => {
        take();
        resolve(result);
      },
      fail: (error) => {
        take();
        reject(error);
      },
    };
    list.push(hand);
    return promise;
  }

  /** As `kill -9` would. */
  kill(broker: FakeBroker): void {
    this.bus.kill();
    broker.rebalance();
  }
}

/** Lets all that is under way come to rest, without time going by. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

/** Time goes by, in the steps of a node's own clock. */
export async function pass(ms: number): Promise<void> {
  await settle();
  for (let gone = 0; gone < ms; gone += 250) {
    jest.advanceTimersByTime(250);
    await settle();
  }
}
