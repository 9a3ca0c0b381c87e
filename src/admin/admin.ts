import type { SubjectStore } from '../store/store.ts';
import { answering, unknownCommand } from './answering.ts';
import { type AdminAnswer, type AdminCommand, type DeadLetterCommand, isOfDeadLetters } from './command.ts';
import { type DeadLetterRules, runDeadLetters } from './dead-letters.ts';
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
    if (isOfDeadLetters(command)) return runDeadLetters(this.#options, command);
    try {
      return await answering(() => this.#carryOut(command));
    } finally {
      if (!isReadOnly(command)) this.#options.onChange();
    }
  }

  #carryOut(command: Exclude<AdminCommand, DeadLetterCommand>): Promise<AdminAnswer> {
    const { subjects: store, refuseWellKnownKeys } = this.#options;
    const rules = { store, refuseWellKnownKeys };
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
      default:
        return Promise.resolve(unknownCommand(command));
    }
  }
}

/** Of subjects and limits. */
function isReadOnly(command: AdminCommand): boolean {
  return ['user get', 'user list', 'user whois', 'limits get'].includes(command.do);
}
