import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Journal } from '../../src/store/journal.ts';
import { aFire, anInvocation, headOf } from '../util/work.ts';

/** A journal that can be closed and opened again; `remove` takes it away. */
export interface JournalData {
  open(): Promise<{ readonly journal: Journal; close(): Promise<void> }>;
  remove(): Promise<void>;
}

/** What it means to be a journal (src/store/journal.ts). Every test has an empty one. */
export function journalContract(name: string, make: () => Promise<JournalData>): void {
  let data: JournalData;
  let opened: Awaited<ReturnType<JournalData['open']>>;
  let journal: Journal;

  const open = async () => {
    opened = await data.open();
    journal = opened.journal;
  };
  const reopen = async () => {
    await opened.close();
    await open();
  };
  const letter = (fields: object = {}) => ({
    work: anInvocation(),
    tries: 3,
    why: 'it was too much',
    buriedAt: 1,
    ...fields,
  });

  describe(`${name} is a journal`, () => {
    beforeEach(async () => {
      data = await make();
      await open();
    });
    afterEach(async () => {
      await opened.close();
      await data.remove();
    });

    test('gives back what was added, invocations and fires, also after it was opened again', async () => {
      const args = `{ "text": "é \\u0000 ${'x'.repeat(500_000)}", "n": 1.50 }`;
      const works = [anInvocation({ args }), aFire({ payload: ' {"p": 2.0}', event: args })];
      await journal.add(works, 1);
      const check = async () => {
        for (const work of works) {
          const found = await journal.find(work.activationId);
          expect(found).toEqual({ position: expect.any(Number), work, tries: 1 });
        }
      };
      await check();
      await reopen();
      await check();
    });

    test('has pending what was there when it was opened, in order, page by page', async () => {
      const works = Array.from({ length: 5 }, () => anInvocation());
      for (const work of works) await journal.add([work], 1);
      expect(await journal.pending(0, 10)).toEqual([]);
      await reopen();
      const first = await journal.pending(0, 3);
      await journal.remove(works[0]?.activationId as string);
      await journal.add([anInvocation()], 1);
      const second = await journal.pending(first.at(-1)?.position as number, 3);
      expect([...first, ...second].map(({ work }) => work)).toEqual(works);
      expect(await journal.pending(second.at(-1)?.position as number, 3)).toEqual([]);
    });

    test('has nothing pending that came after all of before had gone', async () => {
      const work = anInvocation();
      await journal.add([work], 1);
      await reopen();
      await journal.remove(work.activationId);
      await journal.add([anInvocation()], 1);
      expect(await journal.pending(0, 10)).toEqual([]);
      await reopen();
      expect(await journal.pending(0, 10)).toHaveLength(1);
    });

    test('keeps what was added first when it is added again', async () => {
      const work = anInvocation();
      const other = anInvocation();
      await journal.add([work], 1);
      await journal.add([{ ...work, args: '{}' }, other], 0);
      expect(await journal.find(work.activationId)).toMatchObject({ work, tries: 1 });
      expect(await journal.find(other.activationId)).toMatchObject({ work: other, tries: 0 });
      expect(journal.size).toEqual({ pending: 2, dead: 0 });
    });

    test('counts tries, also over an opening', async () => {
      const work = anInvocation();
      await journal.add([work], 1);
      await journal.tried(work.activationId, 2);
      await reopen();
      expect(await journal.pending(0, 1)).toMatchObject([{ work, tries: 2 }]);
      await journal.tried('unknown', 7);
      expect(journal.size.pending).toBe(1);
    });

    test('forgets what was removed', async () => {
      const [work, other] = [anInvocation(), anInvocation()];
      await journal.add([work, other], 1);
      await journal.remove(work.activationId);
      await journal.remove('unknown');
      expect(await journal.find(work.activationId)).toBeUndefined();
      await reopen();
      expect((await journal.pending(0, 10)).map((each) => each.work)).toEqual([other]);
    });

    test('keeps dead letters beside the entries, the last one first, until they are removed', async () => {
      const [first, second] = [letter({ buriedAt: 1 }), letter({ buriedAt: 2, work: aFire() })];
      await journal.add([first.work], 3);
      await journal.deadLetters.bury(first);
      await journal.deadLetters.bury(second);
      await reopen();
      expect(await journal.deadLetters.list()).toEqual([headOf(second), headOf(first)]);
      expect(journal.size).toEqual({ pending: 1, dead: 2 });
      await journal.remove(first.work.activationId);
      expect(await journal.deadLetters.find(first.work.activationId)).toEqual(first);
      expect(await journal.deadLetters.remove(first.work.activationId)).toBe(true);
      expect(await journal.deadLetters.remove(first.work.activationId)).toBe(false);
      expect(await journal.deadLetters.find(first.work.activationId)).toBeUndefined();
      expect(await journal.deadLetters.list()).toEqual([headOf(second)]);
    });

    test('has one dead letter of an activation', async () => {
      const old = letter();
      await journal.deadLetters.bury(old);
      await journal.deadLetters.bury({ ...old, tries: 4, buriedAt: 9 });
      expect(await journal.deadLetters.list()).toEqual([headOf({ ...old, tries: 4, buriedAt: 9 })]);
    });
  });
}
