import type { Floors } from '../floor/floors.ts';
import type { Figure } from '../measure/figure.ts';
import type { NodeCommand } from '../node/node.ts';
import type { ClusterOptions, SandboxName } from '../options.ts';
import type { Cleanup } from '../process/cleanup.ts';

/** How much is measured. */
export interface Sizes {
  /** Rounds of what is quick. */
  readonly rounds: number;
  /** Calls of one round. */
  readonly calls: number;
  /** Calls before the first round: until then the machine code is still being made. */
  readonly warmUpCalls: number;
  /** Milliseconds of load in one round. */
  readonly loadMs: number;
  /** Rounds of what is slow (a container or a process for each sample), and samples of each. */
  readonly slowRounds: number;
  readonly slowSamples: number;
  /** What takes minutes is left out. */
  readonly isQuick: boolean;
}

export const fullSizes: Sizes = {
  ...{ rounds: 9, calls: 1_500, warmUpCalls: 20_000 },
  ...{ loadMs: 500, slowRounds: 5, slowSamples: 8, isQuick: false },
};

/** No fewer than 30 first calls, so that a promise is judged by more than luck. */
export const quickSizes: Sizes = {
  ...{ rounds: 3, calls: 1_000, warmUpCalls: 12_000 },
  ...{ loadMs: 300, slowRounds: 3, slowSamples: 10, isQuick: true },
};

/** What a scenario may use. */
export interface Scene {
  readonly sandbox: SandboxName;
  readonly sizes: Sizes;
  readonly floors: Floors;
  readonly cleanup: Cleanup;
  /** The executable of this tree, built when it is first asked for. */
  readonly executable: () => Promise<NodeCommand>;
  /** What several nodes share, when it was given. */
  readonly cluster: ClusterOptions | undefined;
  /** Shows what is being done. */
  readonly say: (what: string) => void;
}

/** One question that is put to a whole node. */
export interface Scenario {
  readonly name: string;
  /** Sandboxes that it makes sense on; all without it. */
  readonly sandboxes?: readonly SandboxName[];
  measure(scene: Scene): Promise<Figure[]>;
}

export const PAYLOAD = '{"name":"Whisklet"}';
/** Answers what it is sent, as the servers of the floors do. */
export const ECHO = 'function main(args) { return args; }';
