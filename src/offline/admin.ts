import { Admin } from '../admin/admin.ts';
import { type AdminAnswer, type AdminCommand, type DeadLetterCommand, isOfDeadLetters } from '../admin/command.ts';
import { runDeadLetters } from '../admin/dead-letters.ts';
import type { Settings } from '../config.ts';
import { anew } from '../invocation/promise.ts';
import type { Work } from '../model/work.ts';
import { isExposed, lookAtHost } from '../node/host.ts';
import { dataFile, openStore } from '../node/store.ts';
import { Events } from '../observe/events.ts';
import type { Journal } from '../store/journal.ts';
import { openSqliteJournal } from '../store/sqlite.ts';

/** Carries out an operator's command while no node runs; the data folder is held meanwhile. @throws StoreRefused */
export async function carryOutHere(settings: Settings, command: AdminCommand): Promise<AdminAnswer> {
  if (isOfDeadLetters(command)) return withJournal(settings, command);
  const store = await openStore(settings, new Events());
  try {
    const refuseWellKnownKeys = isExposed(settings.host ?? [], lookAtHost().bridge);
    const { subjects, journal } = store;
    const { deadLetters } = journal;
    const replay = (dead: Work) => addTo(journal, dead);
    const admin = new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys, onChange: () => undefined });
    return await admin.run(command);
  } finally {
    await store.close();
  }
}

/** The journal alone: a CouchDB need not be there. */
async function withJournal(settings: Settings, command: DeadLetterCommand): Promise<AdminAnswer> {
  const { journal, close } = await openSqliteJournal({ file: dataFile(settings), events: new Events() });
  try {
    const replay = (dead: Work) => addTo(journal, dead);
    return await runDeadLetters({ deadLetters: journal.deadLetters, replay }, command);
  } finally {
    await close();
  }
}

/** The next start does it. */
async function addTo(journal: Journal, dead: Work): Promise<string> {
  const work = anew(dead, Date.now());
  await journal.add([work], 0);
  return work.activationId;
}
