import { FakeJournal } from '../fake/journal.ts';
import { journalContract } from './journal.ts';

journalContract('The fake', async () => {
  const { contents } = new FakeJournal();
  return {
    open: async () => ({ journal: new FakeJournal(contents), close: async () => undefined }),
    remove: async () => undefined,
  };
});
