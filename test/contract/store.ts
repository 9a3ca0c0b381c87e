import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Store } from '../../src/store/store.ts';
import { anAction, anActivation, aSubject } from '../util/documents.ts';
import { activationContract } from './store-activations.ts';
import { entityContract } from './store-entities.ts';
import { subjectContract } from './store-subjects.ts';

/** What one engine's data is: opened as often as asked, one at a time, and removed in the end. */
export interface Data {
  open(): Promise<Store>;
  remove(): Promise<void>;
}

export interface StoreContractOptions {
  /** Tests that this engine cannot pass, by their name, and why. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** What the parts of the contract are given. */
export interface StoreTools {
  /** A test, unless the engine cannot pass it. */
  it(sentence: string, body: () => Promise<void>): void;
  /** A name that was never used. */
  fresh(word?: string): string;
  /** The open store. */
  store(): Store;
}

export const REV = /^[1-9][0-9]*-[0-9a-f]{32}$/;

/**
 * What it means to be a store (src/store/store.ts). Every test has namespaces and subjects of its own, so an engine
 * need not give each a database of its own.
 */
export function storeContract(name: string, make: () => Promise<Data>, options: StoreContractOptions = {}): void {
  let data: Data;
  let store: Store;
  let last = 0;
  const fresh = (word = 'ns') => `${word}-${process.pid}-${Date.now().toString(36)}-${last++}`;
  const it = (sentence: string, body: () => Promise<void>) => {
    const reason = options.skip?.[sentence];
    if (reason === undefined) test(sentence, body);
    else test.skip(`${sentence} (${reason})`, body);
  };
  const tools: StoreTools = { it, fresh, store: () => store };
  const reopen = async () => {
    await store.close();
    store = await data.open();
  };

  describe(`${name} is a store`, () => {
    beforeAll(async () => {
      data = await make();
      store = await data.open();
    });
    afterAll(async () => {
      await store.close();
      await data.remove();
    });

    describe('entities', () => entityContract(tools));

    describe('activations', () => activationContract(tools));

    describe('subjects', () => subjectContract(tools));

    it('has everything again after it was closed and opened', async () => {
      const namespace = fresh();
      const action = anAction({ namespace });
      const activation = anActivation({ namespace });
      const subject = aSubject({ subject: fresh('user') });
      const rev = await store.entities.put(action, undefined, 'code');
      const subjectRev = await store.subjects.put(subject);
      await store.subjects.setLimits(namespace, { firesPerMinute: 7 });
      // Not awaited before the close: closing writes what is waiting.
      const written = store.activations.put(activation);
      await reopen();
      await written;
      expect(await store.entities.get(`${namespace}/hello`)).toEqual({ entity: action, rev });
      expect(await store.entities.code(`${namespace}/hello`, rev)).toBe('code');
      expect(await store.activations.get(namespace, activation.activationId)).toEqual(activation);
      expect(await store.subjects.get(subject.subject)).toEqual({ subject, rev: subjectRev });
      expect(await store.subjects.limits(namespace)).toEqual({ firesPerMinute: 7 });
      await store.activations.put(anActivation({ namespace }));
      expect(await store.activations.count({ namespace, skip: 0 })).toBe(2);
    });
  });
}
