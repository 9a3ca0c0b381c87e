import type { Entitlement } from '../auth/entitlement.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { Identity } from '../model/identity.ts';
import type { JsonText } from '../model/json.ts';
import type { RunSteps } from '../model/steps.ts';
import type { Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Trace } from '../observe/trace.ts';
import type { Recorder } from './recorder.ts';

/** Who invokes, and as a part of what. */
export interface Caller {
  readonly identity: Identity;
  readonly transactionId: string;
  /** The id of the sequence or composition that this is a part of; undefined for what a client, a rule or a web request invokes. */
  readonly cause?: string;
  /** How many sequences and compositions this is inside of. */
  readonly depth: number;
  /** The span that this is inside of; undefined when the call is not traced. */
  readonly trace?: Trace | undefined;
}

/**
 * Something that was accepted: its id at once, its record when it has ended. The promise rejects with a `Refusal` when it was not
 * begun, because the node stops or something is away that it needs; never for anything else.
 */
export interface Accepted {
  readonly activationId: string;
  readonly activation: Promise<Activation>;
  /** Of a plain action: filled while it runs. */
  readonly steps?: RunSteps;
}

/** What is known of an activation that was accepted before it is begun. */
export type Known = Pick<Work, 'activationId' | 'acceptedAt'>;

/** Plain actions that a sequence and the sequences in it have begun: together they may be as many as one sequence. */
export interface SequenceCount {
  actions: number;
}

/** What a composition and the compositions in it have begun. */
export interface CompositionCount {
  components: number;
  conductors: number;
}

/** How each form of action is begun. Sequences and compositions begin each other through it. */
export interface Starters {
  /** @param args merged */
  plain(caller: Caller, resolved: Resolved, args: JsonText): Accepted;
  sequence(caller: Caller, resolved: Resolved, args: JsonText, count?: SequenceCount): Accepted;
  /** @param args merged, or still to be merged: parameters that are there already change nothing */
  composition(caller: Caller, resolved: Resolved, args: JsonText, count?: CompositionCount): Accepted;
}

/** What sequences and compositions need. */
export interface CompositesOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly starters: Starters;
  readonly recorder: Recorder;
  readonly events: Events;
  /** How many actions there may be in one of them, and how deep they may be inside of one another. */
  readonly maxLength: number;
  readonly now: () => number;
}

/** The same caller, inside of a sequence or composition. */
export function inside({ identity, transactionId, depth, trace }: Caller, cause: string): Caller {
  return { identity, transactionId, cause, depth: depth + 1, trace };
}
