import type { UserLimits } from '../model/limits.ts';

/**
 * What an operator may ask of subjects, keys and limits, in wskadmin's words, and of dead letters. A command is plain JSON: it is
 * carried out by the process that holds the store, which need not be the one where it was typed.
 */
export type AdminCommand =
  | {
      readonly do: 'user create';
      readonly subject: string;
      /** `uuid:key`; without it both are made up. */
      readonly auth?: string;
      /** Without it the subject's own. */
      readonly namespace?: string;
      /** Replaces the key of a namespace that is there already. */
      readonly revoke: boolean;
      /** Shows a key and stores nothing. */
      readonly genonly: boolean;
      /** Does not show the key. */
      readonly silent: boolean;
    }
  | { readonly do: 'user delete'; readonly subject: string; readonly namespace?: string }
  | { readonly do: 'user get'; readonly subject: string; readonly namespace?: string; readonly all: boolean }
  | { readonly do: 'user whois'; readonly auth: string }
  | { readonly do: 'user block' | 'user unblock'; readonly subjects: readonly string[] }
  | {
      readonly do: 'user list';
      readonly namespace: string;
      readonly pick: number;
      readonly all: boolean;
      readonly key: boolean;
    }
  | { readonly do: 'limits set'; readonly namespace: string; readonly limits: UserLimits }
  | { readonly do: 'limits get' | 'limits delete'; readonly namespace: string }
  | DeadLetterCommand;

/** These need the journal alone, which is the node's own, whatever engine the store is. */
export type DeadLetterCommand =
  | { readonly do: 'dead-letters list' }
  | { readonly do: 'dead-letters get'; readonly activationId: string }
  | { readonly do: 'dead-letters replay' | 'dead-letters delete'; readonly activationIds: readonly string[] };

export function isOfDeadLetters(command: AdminCommand): command is DeadLetterCommand {
  return command.do.startsWith('dead-letters ');
}

/** What is printed, line by line, and the exit code: 0 done, 1 could not be done, 2 asked wrongly. */
export interface AdminAnswer {
  readonly lines: readonly string[];
  readonly exit: number;
}

export function done(...lines: readonly string[]): AdminAnswer {
  return { lines, exit: 0 };
}

export function failed(line: string, exit = 1): AdminAnswer {
  return { lines: [line], exit };
}
