import { expect, test } from 'bun:test';
import { type Item, load } from '../../src/store/dump.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { FakeStore } from '../fake/store.ts';
import { anAction } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';

/** A write that failed while the next line was read was a rejection that nobody handled: the command ended with a stack. */
test('an import into a store that goes away ends with the reason', async () => {
  const store = new FakeStore();
  store.entities.isAway = true;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const entity = anAction();
  async function* slowly(): AsyncGenerator<Item> {
    yield { type: 'entity', entity };
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    yield { type: 'entity', entity };
  }
  try {
    expect(await errorOf(load(store, slowly(), { overwrite: false }))).toBeInstanceOf(StoreUnavailable);
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
