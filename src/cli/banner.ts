import { MB } from '../model/limits.ts';
import { showSize } from '../model/units.ts';

/** What an operator is told when the node is up. */
export interface NodeFacts {
  readonly version: string;
  /** Where it listens: `http://127.0.0.1:3233`. The first one is for wsk on this machine. */
  readonly addresses: readonly [string, ...string[]];
  /** `uuid:key`, when it is no secret; otherwise the line for wsk asks the command for it. */
  readonly guestKey: string | undefined;
  /** Keys that were made at this start, `uuid:key` by namespace: they are shown this once. */
  readonly freshKeys: ReadonlyMap<string, string>;
  readonly sandbox: {
    readonly name: string;
    /** Why this one: `Docker 20.10.24 answers on /var/run/docker.sock`. */
    readonly why: string;
    /** How actions are kept apart, or that they are not. */
    readonly isolation: string;
  };
  /** Megabytes for all containers together. */
  readonly poolMemory: number;
  /** What can run here, and what cannot with the reason. */
  readonly kinds: readonly { readonly kind: string; readonly problem?: string }[];
  readonly dataDir: string;
}

/** Megabytes of the container that the banner counts in: what an action gets when it does not say. */
const ORDINARY = 256;

export function banner(facts: NodeFacts): string[] {
  const { version, addresses, guestKey, freshKeys, sandbox, poolMemory, kinds, dataDir } = facts;
  const runnable = kinds.filter(({ problem }) => problem === undefined).map(({ kind }) => kind);
  const row = (label: string, text: string) => `  ${label.padEnd(9)} ${text}`;
  const auth = guestKey ?? `"$(whisklet user get guest --data-dir ${dataDir})"`;
  return [
    `Whisklet ${version} is ready.`,
    '',
    ...addresses.map((address, index) => row(index === 0 ? 'address' : '', address)),
    row('guest', guestKey ?? 'has a key of its own: whisklet user get guest'),
    ...freshRows(freshKeys, row),
    row('wsk', `wsk property set --apihost ${addresses[0]} --auth ${auth}`),
    row('sandbox', `${sandbox.name}: ${sandbox.why}`),
    row('', sandbox.isolation),
    row(
      'memory',
      `${showSize(poolMemory * MB)} for actions: ${Math.floor(poolMemory / ORDINARY)} containers of ${ORDINARY} MB`,
    ),
    row('kinds', runnable.length > 0 ? runnable.join(', ') : 'none can run here'),
    ...kinds
      .filter(({ problem }) => problem !== undefined)
      .map(({ kind, problem }) => row('', `not ${kind}: ${problem}`)),
    row('data', dataDir),
    '',
  ];
}

function freshRows(freshKeys: ReadonlyMap<string, string>, row: (label: string, text: string) => string): string[] {
  if (freshKeys.size === 0) return [];
  return [
    row('new keys', 'made for this node and shown only now, because other machines can reach it:'),
    ...[...freshKeys].map(([name, key]) => row('', `${name} ${key}`)),
  ];
}
