import { FakeStore } from '../fake/store.ts';
import { storeContract } from './store.ts';

// The fake that unit tests use keeps the contract, or they would test against a store that does not exist.
storeContract('the fake', async () => {
  const store = new FakeStore();
  return { open: async () => store, remove: async () => undefined };
});
