import type { Exit, Place } from '../../src/model/place.ts';
import { type PlaceSpec, ProvisionError, type Sandbox } from '../../src/sandbox/sandbox.ts';

/** A sandbox without processes: places start at once, or when told, and end when told. It counts. */
export class FakeSandbox implements Sandbox {
  readonly name = 'local';
  readonly isolation = 'none: a fake';
  readonly places: FakePlace[] = [];
  /** When set, `create` waits for it. */
  gate: Promise<void> | undefined;
  /** When set, `create` fails with it. */
  refusal: string | undefined;
  isDevelopers = false;

  async supports(): Promise<true> {
    return true;
  }

  async create(spec: PlaceSpec): Promise<FakePlace> {
    await this.gate;
    if (this.refusal !== undefined) throw new ProvisionError(this.refusal, this.isDevelopers);
    const place = new FakePlace(`place-${this.places.length + 1}`, spec);
    this.places.push(place);
    return place;
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.places.map((place) => place.destroy()));
  }

  get living(): FakePlace[] {
    return this.places.filter((place) => !place.isGone);
  }
}

export class FakePlace implements Place {
  readonly id: string;
  readonly spec: PlaceSpec;
  readonly stdio = { write: () => undefined, onOutput: () => undefined, onErrors: () => undefined };
  readonly exited: Promise<Exit>;
  memory: number;
  isGone = false;
  pauses = 0;
  resumes = 0;
  readonly #exit = Promise.withResolvers<Exit>();

  constructor(id: string, spec: PlaceSpec) {
    this.id = id;
    this.spec = spec;
    this.memory = spec.memory;
    this.exited = this.#exit.promise;
  }

  /** It ends by itself. */
  die(exit: Partial<Exit> = {}): void {
    this.isGone = true;
    this.#exit.resolve({ code: 1, signal: null, outOfMemory: false, lastWords: '', ...exit });
  }

  async resize(memory: number): Promise<void> {
    this.memory = memory;
  }
  async pause(): Promise<void> {
    this.pauses++;
  }
  async resume(): Promise<void> {
    this.resumes++;
  }
  async destroy(): Promise<void> {
    this.die({ code: null, signal: 'SIGKILL' });
  }
}
