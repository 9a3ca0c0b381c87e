import type { ReducedRule } from './entities.ts';
import type { JobTrace } from './job.ts';
import type { JsonText } from './json.ts';

/**
 * Work that was answered, or is about to be answered, with 202: it ends in one record, whatever happens to the node. It is
 * plain data, so that it can wait on a disk or in Kafka, and holds no key: who asked is looked up again before it is done.
 */
export type Work = InvocationWork | FireWork;

/** Without what it was given, which may be large. */
export type WorkHead = Omit<InvocationWork, 'args'> | Omit<FireWork, 'event' | 'payload'>;

interface Asked {
  /** Of the record that it ends in, which is written once. */
  readonly activationId: string;
  readonly transactionId: string;
  readonly subject: string;
  /** The namespace that asked, by name and by the uuid of its key. */
  readonly namespace: string;
  readonly uuid: string;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** The trace that it is part of. */
  readonly trace?: WorkTrace;
}

export interface WorkTrace extends JobTrace {
  /** Whether spans of it are told of. */
  readonly isRecorded: boolean;
}

/** An action to be invoked. */
export interface InvocationWork extends Asked {
  readonly type: 'invocation';
  /** Fully qualified, as it was asked for: `/guest/tools/hello`, where `tools` may be a binding. */
  readonly action: string;
  /** The action's version at that time. */
  readonly version: string;
  /** Merged: merging the action's parameters once more changes nothing. */
  readonly args: JsonText;
}

/** A trigger to be fired. */
export interface FireWork extends Asked {
  readonly type: 'fire';
  /** As it was when it was fired. */
  readonly trigger: {
    readonly name: string;
    readonly version: string;
    readonly rules: Readonly<Record<string, ReducedRule>>;
  };
  /** What the client sent. */
  readonly payload: JsonText;
  /** What the actions get: the trigger's parameters, the request's headers, the payload. */
  readonly event: JsonText;
}

/**
 * Takes work on: when it resolves, all of it is on this node's disk or in Kafka. Calls `begin` with what is to be begun here, now;
 * for the rest some node will call `Perform`. Work that is taken on a second time is the same work. Rejects with `Refusal` 503
 * when it cannot be taken on now.
 *
 * @param isBacked what asks for this work stands on the disk itself until this resolves, and would ask again: it may be begun before it
 *   is written down
 */
export type Accept = (works: readonly Work[], begin: (work: Work) => void, isBacked?: boolean) => Promise<void>;

/**
 * Does work that was accepted before, and resolves when its record is durable (or, where records are not wanted, when it has
 * ended). Work whose record exists already is not done again; what was begun too often is given up, with a record that says so
 * and a dead letter. Rejects when it is still to be done: with `Refusal` or `Unavailable` when it was not begun, because something is
 * away or the node stops; with `RecordLost` when it was done and its record was given up; with anything else when it broke on the way:
 * that counts as a try.
 *
 * @param tries how often it was begun before
 * @param isAgain whether it was let in before, although that counts as no try: it is charged to no throttle
 */
export type Perform = (work: Work, tries: number, isAgain?: boolean) => Promise<void>;

/**
 * An activation has ended, and its record was given up: too much waited, or the store does not take it. Work that stands in the journal
 * is left to the next start, that which stands in Kafka is taken out: whoever does it again now does it again and again.
 */
export class RecordLost extends Error {
  override readonly name = 'RecordLost';
}
