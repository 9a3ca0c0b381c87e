import { Refusal } from '../model/refusal.ts';
import { Conflict, StoreUnavailable } from '../store/store.ts';
import { type AdminAnswer, type AdminCommand, failed } from './command.ts';

/** The answer of `work`, or in the operator's words why it cannot be done now. @throws what is a fault of ours */
export async function answering(work: () => Promise<AdminAnswer>): Promise<AdminAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Conflict) return failed('Somebody else changed it at the same time. Try again');
    if (error instanceof Refusal) return failed(error.message);
    if (error instanceof StoreUnavailable) return failed(`The store cannot write now: ${error.message}`);
    throw error;
  }
}

/** Only another version of this program can ask for what this one does not know. */
export function unknownCommand(command: never): AdminAnswer {
  return failed(`This node does not know the command '${(command as AdminCommand).do}'`, 2);
}
