import { expect, test } from 'bun:test';
import { TestApi } from '../util/api.ts';
import { anActivation } from '../util/documents.ts';
import { anInvocation } from '../util/work.ts';

/** Between the look for its record and the look into the journal an activation could end: it was 404, though its id was answered with 202. */
test('an activation that ends while it is looked for is not missing', async () => {
  const api = new TestApi();
  const key = await api.addSubject('guest');
  const work = anInvocation();
  const { activationId } = work;
  await api.journal.add([work], 1);
  const { activations } = api.store;
  const { get } = activations;
  // As with a store that is some milliseconds away.
  activations.get = async (namespace, id) => {
    const found = await get.call(activations, namespace, id);
    await activations.put(anActivation({ activationId }));
    await api.journal.remove(activationId);
    return found;
  };
  const look = () => api.call('GET', `/api/v1/namespaces/_/activations/${activationId}`, key);
  expect((await look()).status).toBe(202);
  expect((await look()).status).toBe(200);
});
