import { fromSource } from './whisklet.ts';

/**
 * A network of its own for one node, joined to this machine by a cable that can be pulled. Needs root and iproute2.
 *
 *     using net = new Netns();      // here 10.213.7.1, there 10.213.7.2
 */
export class Netns {
  readonly #name: string;
  readonly #cable: string;
  /** This machine, as it is reached from there. */
  readonly here: string;
  readonly there: string;

  constructor() {
    const number = freeNumber();
    this.#name = nameOf(number);
    this.#cable = `wt${number}`;
    this.here = `10.213.${number}.1`;
    this.there = `10.213.${number}.2`;
    try {
      ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name);
      ip('addr', 'add', `${this.here}/30`, 'dev', this.#cable);
      ip('link', 'set', this.#cable, 'up');
      ip('-n', this.#name, 'addr', 'add', `${this.there}/30`, 'dev', 'eth0');
      ip('-n', this.#name, 'link', 'set', 'eth0', 'up');
      ip('-n', this.#name, 'link', 'set', 'lo', 'up');
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** How a node is started there. */
  get program(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name, ...fromSource];
  }

  cut(): void {
    ip('link', 'set', this.#cable, 'down');
  }

  join(): void {
    ip('link', 'set', this.#cable, 'up');
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(['ip', 'netns', 'del', this.#name]);
  }
}

/** Whether networks can be made on this machine. */
export const canMakeNetns: boolean = (() => {
  if (process.getuid?.() !== 0 || !Bun.which('ip')) return false;
  const name = `whisklet-probe-${process.pid}`;
  const made = Bun.spawnSync(['ip', 'netns', 'add', name]).success;
  if (made) Bun.spawnSync(['ip', 'netns', 'del', name]);
  return made;
})();

function nameOf(number: number): string {
  return `whisklet-test-${number}`;
}

/** The network of that number is this test's own from now on: others run at the same time, and one that was killed left its own. */
function freeNumber(): number {
  const first = Math.floor(Math.random() * NUMBERS);
  for (let tried = 0; tried < NUMBERS; tried++) {
    const number = 1 + ((first + tried) % NUMBERS);
    if (Bun.spawnSync(['ip', 'netns', 'add', nameOf(number)], { stderr: 'ignore' }).success) return number;
  }
  throw new Error('no more networks can be made');
}

const NUMBERS = 250;

function ip(...args: string[]): void {
  const { success, stderr } = Bun.spawnSync(['ip', ...args], { stderr: 'pipe' });
  if (!success) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
