import { Refusal } from '../model/refusal.ts';
import { Conflict, StoreUnavailable, type SubjectStore } from '../store/store.ts';
import { type AdminAnswer, type AdminCommand, failed } from './command.ts';
import {
  type DeadLetterRules,
  deleteDeadLetters,
  getDeadLetter,
  listDeadLetters,
  replayDeadLetters,
} from './dead-letters.ts';
import { deleteLimits, getLimits, setLimits } from './limits.ts';
import { createUser, deleteUser, getUser, listUsers, setBlocked, whois } from './subjects.ts';

export interface AdminOptions extends DeadLetterRules {
  readonly subjects: SubjectStore;
  /** True on a node that other machines can reach. */
  readonly refuseWellKnownKeys: boolean;
  /** Called after subjects or limits may have changed, so that what was cached of them is forgotten. */
  readonly onChange: () => void;
}

/**
 * Carries out an operator's command on the store of this process. It is the same whether the node runs (the
 * command comes through the socket, `socket.ts`) or not (the command's own process holds the store).
 */
export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  async run(command: AdminCommand): Promise<AdminAnswer> {
    try {
      return await this.#carryOut(command);
    } catch (error) {
      if (error instanceof Conflict) return failed('Somebody else changed it at the same time. Try again');
      if (error instanceof Refusal) return failed(error.message);
      if (error instanceof StoreUnavailable) return failed(`The store cannot write now: ${error.message}`);
      throw error;
    } finally {
      if (!isReadOnly(command)) this.#options.onChange();
    }
  }

  #carryOut(command: AdminCommand): Promise<AdminAnswer> {
    const { subjects: store, refuseWellKnownKeys } = this.#options;
    const rules = { store, refuseWellKnownKeys };
    const letters = this.#options;
    switch (command.do) {
      case 'user create':
        return createUser(rules, command);
      case 'user delete':
        return deleteUser(rules, command);
      case 'user get':
        return getUser(rules, command);
      case 'user list':
        return listUsers(rules, command);
      case 'user whois':
        return whois(rules, command);
      case 'user block':
      case 'user unblock':
        return setBlocked(rules, command);
      case 'limits set':
        return setLimits(store, command.namespace, command.limits);
      case 'limits get':
        return getLimits(store, command.namespace);
      case 'limits delete':
        return deleteLimits(store, command.namespace);
      case 'dead-letters list':
        return listDeadLetters(letters);
      case 'dead-letters get':
        return getDeadLetter(letters, command.activationId);
      case 'dead-letters replay':
        return replayDeadLetters(letters, command.activationIds);
      case 'dead-letters delete':
        return deleteDeadLetters(letters, command.activationIds);
      default:
        // Only another version of this program can ask this.
        return Promise.resolve(failed(`This node does not know the command '${(command as AdminCommand).do}'`, 2));
    }
  }
}

/** Of subjects and limits. */
function isReadOnly(command: AdminCommand): boolean {
  return (
    ['user get', 'user list', 'user whois', 'limits get'].includes(command.do) || command.do.startsWith('dead-letters')
  );
}
