import { expect, test } from 'bun:test';
import type { Activation } from '../../src/model/activation.ts';
import { load } from '../../src/store/dump.ts';
import { FakeStore } from '../fake/store.ts';
import { anActivation } from '../util/documents.ts';

/** A thousand records at once, of 1 MB and more each, were more than a store lets wait: it dropped some, and the import failed. */
test('an import hands a store no more large records at once than may wait', async () => {
  const store = new FakeStore();
  let waiting = 0;
  let most = 0;
  store.activations.put = async ({ response }: Activation) => {
    waiting += response.result.length;
    most = Math.max(most, waiting);
    await new Promise((resolve) => setImmediate(resolve));
    waiting -= response.result.length;
  };
  const result = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
  const items = Array.from({ length: 100 }, (_, n) => ({
    type: 'activation' as const,
    activation: anActivation({
      activationId: n.toString(16).padStart(32, '0'),
      response: { status: 'success', result },
    }),
  }));
  const loaded = await load(store, items, { overwrite: false });
  expect(loaded.activation).toEqual({ written: 100, left: 0 });
  expect(most).toBeLessThan(32 * 1024 * 1024);
});
