import type { Database } from 'bun:sqlite';
import { Conflict, StoreRefused, StoreUnavailable } from '../store.ts';
import { translate } from './faults.ts';
import { openForWriting } from './file.ts';
import type { Answer, CallMessage, Failure, FromWriter, ToWriter, Value } from './messages.ts';
import { Reads } from './reads.ts';
import { WorkWrites } from './work.ts';
import { Writes } from './writes.ts';

/**
 * The writer: the worker thread that owns the connection that writes. The entry of a thread (and therefore of
 * `bun build --compile` too), loaded by link.ts alone; what it is told and answers is in messages.ts.
 *
 * Each turn of its loop takes all calls that lie ready into one transaction, syncs once, and answers them. When the
 * transaction fails they are tried again one by one, so that one call that cannot be written does not take the others
 * with it. Pruning goes on in steps between the turns.
 */
declare const self: Worker;

class Writer {
  readonly #file: string;
  readonly #database: Database;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #work: WorkWrites;
  /** Of all records; known from the first pruning by size on. */
  #recordBytes: number | undefined;
  #addedBytes = 0;

  constructor(file: string, maxFileBytes: number | undefined) {
    this.#file = file;
    this.#database = openForWriting(file, maxFileBytes);
    this.#reads = new Reads(this.#database);
    this.#work = new WorkWrites(this.#database);
    this.#writes = new Writes(this.#database, this.#work);
  }

  lastSeq(): number {
    return this.#reads.lastSeq();
  }

  /** Carries out the calls in one transaction. */
  carryOut(messages: readonly ToWriter[]): Answer[] {
    try {
      return this.#transact(() => messages.map((message) => this.#attempt(message)));
    } catch (error) {
      const [only] = messages;
      if (messages.length > 1 || only === undefined) return messages.flatMap((message) => this.carryOut([message]));
      return [{ call: callOf(only), error: this.failure(error) }];
    }
  }

  /** Deletes a bounded part of what is too old or too much; answers how many records, 0 when nothing is left to do. */
  pruneStep(olderThan = 0, maxBytes = Infinity): number {
    if (maxBytes !== Infinity) this.#recordBytes ??= this.#writes.recordBytes();
    const total = this.#recordBytes ?? 0;
    const { rows, bytes } = this.#transact(() => this.#writes.pruneStep(olderThan, maxBytes, total));
    if (this.#recordBytes !== undefined) this.#recordBytes -= bytes;
    return rows;
  }

  look(look: Look): Value {
    const { kind, query, upToSeq } = look;
    if (kind === 'count') return this.#reads.countActivations(query, upToSeq);
    return look.whole ? this.#reads.activations(query, upToSeq) : this.#reads.summaries(query, upToSeq);
  }

  close(): void {
    this.#database.close();
  }

  failure(error: unknown): Failure {
    return failure(translate(error, this.#file));
  }

  #attempt(message: ToWriter): Answer {
    const call = callOf(message);
    try {
      return { call, value: this.#execute(message) };
    } catch (error) {
      if (error instanceof Conflict) return { call, error: failure(error) };
      throw error;
    }
  }

  #execute(message: ToWriter): Value {
    if (Array.isArray(message)) {
      this.#addedBytes += this.#writes.putRecords(message);
      return undefined;
    }
    switch (message.kind) {
      case 'putEntity':
        return this.#writes.putEntity(message);
      case 'deleteEntity':
        return void this.#writes.deleteEntity(message.id, message.rev);
      case 'putSubject':
        return this.#writes.putSubject(message.document, message.rev);
      case 'deleteSubject':
        return void this.#writes.deleteSubject(message.subject, message.rev);
      case 'setLimits':
        return void this.#writes.setLimits(message.namespace, message.document);
      case 'addWork':
        return void this.#work.add(message.works, message.tries);
      case 'triedWork':
        return void this.#work.tried(message.id, message.tries);
      case 'removeWork':
        return void this.#work.remove(message.id);
      case 'bury':
        return void this.#work.bury(message.work, message.tries, message.why, message.buried);
      case 'removeDead':
        return this.#work.removeDead(message.id);
      default:
        throw new TypeError(`The writer cannot carry out '${message.kind}' in a transaction.`);
    }
  }

  #transact<T>(work: () => T): T {
    this.#addedBytes = 0;
    this.#database.run('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.#database.run('COMMIT');
      if (this.#recordBytes !== undefined) this.#recordBytes += this.#addedBytes;
      return value;
    } catch (error) {
      // SQLite has already rolled back by itself after some errors, a full disk among them.
      if (this.#database.inTransaction) this.#database.run('ROLLBACK');
      throw error;
    }
  }
}

type Pruning = CallMessage & { readonly kind: 'prune' };
type Look = CallMessage & { readonly kind: 'count' | 'page' };

let writer: Writer | undefined;
let arrived: ToWriter[] = [];
let isTurnDue = false;
const prunings: { readonly message: Pruning; deleted: number }[] = [];

self.onmessage = (event: MessageEvent<ToWriter>) => {
  arrived.push(event.data);
  dueTurn();
};

function dueTurn(): void {
  if (isTurnDue) return;
  isTurnDue = true;
  setImmediate(turn);
}

function turn(): void {
  isTurnDue = false;
  const messages = arrived;
  arrived = [];
  const writes: ToWriter[] = [];
  const looks: Look[] = [];
  let closing: CallMessage | undefined;
  for (const message of messages) {
    if (Array.isArray(message)) writes.push(message);
    else if (message.kind === 'open') open(message);
    else if (message.kind === 'close') closing = message;
    else if (message.kind === 'prune') prunings.push({ message, deleted: 0 });
    else if (message.kind === 'count' || message.kind === 'page') looks.push(message);
    else writes.push(message);
  }
  if (writer !== undefined) {
    if (writes.length > 0) answer(writer.carryOut(writes));
    for (const look of looks) answerWith(writer, look.call, (it) => it.look(look));
    pruneSome(writer);
    if (closing !== undefined) close(writer, closing.call);
  } else if (closing !== undefined) answer([{ call: closing.call, value: undefined }]);
  if (prunings.length > 0) dueTurn();
}

function open({ call, file, maxFileBytes }: CallMessage & { readonly kind: 'open' }): void {
  try {
    writer = new Writer(file, maxFileBytes);
    answer([{ call, value: writer.lastSeq() }]);
  } catch (error) {
    answer([{ call, error: failure(error) }]);
  }
}

/** One step of the first pruning. */
function pruneSome(it: Writer): void {
  const [pruning] = prunings;
  if (pruning === undefined) return;
  const { call, olderThan, maxBytes } = pruning.message;
  try {
    const deleted = it.pruneStep(olderThan, maxBytes);
    pruning.deleted += deleted;
    if (deleted > 0) return;
    answer([{ call, value: pruning.deleted }]);
  } catch (error) {
    answer([{ call, error: it.failure(error) }]);
  }
  prunings.shift();
}

/** Prunings that are not done stop where they are. */
function close(it: Writer, call: number): void {
  answer(prunings.map(({ message, deleted }) => ({ call: message.call, value: deleted })));
  prunings.length = 0;
  writer = undefined;
  answerWith(it, call, () => void it.close());
}

function answerWith(it: Writer, call: number, work: (it: Writer) => Value): void {
  try {
    answer([{ call, value: work(it) }]);
  } catch (error) {
    answer([{ call, error: it.failure(error) }]);
  }
}

function callOf(message: ToWriter): number {
  return Array.isArray(message) ? message[0] : message.call;
}

function failure(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Conflict || error instanceof StoreUnavailable || error instanceof StoreRefused)
    return { kind: error.name, text };
  return { kind: 'fault', text };
}

function answer(answers: FromWriter): void {
  self.postMessage(answers);
}
