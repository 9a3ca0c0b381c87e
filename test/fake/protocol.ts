import type { Place } from '../../src/model/place.ts';
import {
  type Answer,
  type InitRequest,
  type Protocol,
  type RunRequest,
  RuntimeFault,
  type Talk,
  type Unbegun,
} from '../../src/protocol/protocol.ts';

/** A protocol without a runtime: init and run are answered when the test says so. It counts. */
export class FakeProtocol implements Protocol {
  readonly talks: FakeTalk[] = [];
  concurrent = false;
  takesAhead = false;
  /** When set, runs are answered at once with this. */
  answerAtOnce: Answer | undefined = { type: 'result', value: '{}' };
  /** When set, `open` fails with it. */
  fault: string | undefined;

  async open(place: Place): Promise<Talk> {
    if (this.fault !== undefined) throw new RuntimeFault(this.fault);
    const talk = new FakeTalk(place, this.concurrent, this);
    this.talks.push(talk);
    return talk;
  }

  /** Runs that wait for their answer, in order of arrival. */
  get running(): PendingRun[] {
    return this.talks.flatMap((talk) => talk.running);
  }
}

export interface PendingRun {
  readonly request: RunRequest;
  readonly place: Place;
  answer(answer?: Answer | Unbegun): void;
}

export class FakeTalk implements Talk {
  readonly concurrent: boolean;
  readonly takesAhead: boolean;
  readonly inits: InitRequest[] = [];
  readonly runs: RunRequest[] = [];
  readonly running: PendingRun[] = [];
  readonly #place: Place;
  readonly #protocol: FakeProtocol;
  readonly #dead: Promise<never>;

  constructor(place: Place, concurrent: boolean, protocol: FakeProtocol) {
    this.#place = place;
    this.concurrent = concurrent;
    this.takesAhead = protocol.takesAhead;
    this.#protocol = protocol;
    this.#dead = place.exited.then(() => Promise.reject(new RuntimeFault('it ended')));
    this.#dead.catch(() => undefined);
  }

  init(request: InitRequest): Promise<Answer> {
    this.inits.push(request);
    return Promise.race([Promise.resolve<Answer>({ type: 'result', value: '' }), this.#dead]);
  }

  run(request: RunRequest): Promise<Answer | Unbegun> {
    this.runs.push(request);
    const { answerAtOnce } = this.#protocol;
    if (answerAtOnce) return Promise.race([Promise.resolve(answerAtOnce), this.#dead]);
    const { promise, resolve } = Promise.withResolvers<Answer | Unbegun>();
    const pending: PendingRun = {
      request,
      place: this.#place,
      answer: (answer = { type: 'result', value: '{}' }) => {
        this.running.splice(this.running.indexOf(pending), 1);
        resolve(answer);
      },
    };
    this.running.push(pending);
    return Promise.race([promise, this.#dead]);
  }

  /** Whether it answers when it is asked for what is not begun. */
  givesBack = true;
  /** How often it was asked. */
  recalls = 0;

  recall(): void {
    this.recalls++;
    if (this.givesBack) for (const run of this.running.slice(1)) run.answer({ type: 'unbegun' });
  }

  stop(): void {}
}
