/**
 * Where a message goes: the owner of a partition takes it, so the choice of a partition is the choice of a node. Pure.
 */

/** A node that takes work, as far as is known here. */
export interface Taker {
  readonly node: string;
  /** Of the topic of work. */
  readonly partitions: readonly number[];
  /** Megabytes that nothing runs in. */
  readonly room: number;
}

/**
 * The node that a job goes to: of those with room the one that the action goes to whenever it has room, so that it finds its
 * warm containers there. Undefined when nobody has room.
 *
 * @param memory megabytes that the job needs
 */
export function chooseTaker(action: string, memory: number, takers: readonly Taker[]): Taker | undefined {
  return best(
    takers.filter(({ room, partitions }) => room >= memory && partitions.length > 0),
    ({ node }) => `${node} ${action}`,
  );
}

/** The one of these partitions that the action goes to. */
export function choosePartition(action: string, partitions: readonly number[]): number | undefined {
  return best(partitions, (partition) => `${partition} ${action}`);
}

/**
 * The partition for work that somebody has to do at some time: this node's own when there is room here, else of a node with
 * room. When nobody has, any: a flood of one action is shared out.
 *
 * @param own this node, with what room it has
 * @param count how many partitions there are
 */
export function choosePlace(
  { action, work }: { readonly action: string; readonly work: string },
  memory: number,
  own: Taker,
  others: readonly Taker[],
  count: number,
): number {
  const taker = chooseTaker(action, memory, [own]) ?? chooseTaker(action, memory, others);
  return choosePartition(action, taker?.partitions ?? []) ?? Bun.hash.xxHash32(work) % count;
}

/**
 * Rendezvous hashing: the candidate with the highest hash together with the key. When one goes, only what was its own goes
 * elsewhere.
 */
function best<T>(candidates: readonly T[], textOf: (candidate: T) => string): T | undefined {
  let [found, highest]: [T | undefined, number] = [undefined, -1];
  for (const candidate of candidates) {
    const score = Bun.hash.xxHash32(textOf(candidate));
    if (score > highest) [found, highest] = [candidate, score];
  }
  return found;
}

/** Who owns which partitions, by member. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

/**
 * Shares partitions out evenly, and leaves them where they are as far as that allows: a partition that moves takes work with it
 * that is under way.
 *
 * @param members with the partitions that each had until now
 * @param count how many partitions there are
 */
export function assignPartitions(members: ReadonlyMap<string, readonly number[]>, count: number): Assignment {
  const names = [...members.keys()].sort();
  const assigned = new Map<string, number[]>(names.map((name) => [name, []]));
  if (names.length === 0) return assigned;
  const least = Math.floor(count / names.length);
  let above = count % names.length;
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  // Those who have most keep one more than the others: it must not move for nothing.
  const byHolding = [...names].sort((a, b) => (members.get(b)?.length ?? 0) - (members.get(a)?.length ?? 0));
  for (const name of byHolding) {
    const own = assigned.get(name) as number[];
    for (const partition of members.get(name) ?? []) {
      const most = own.length < least || (own.length === least && above > 0);
      if (!most || !free.delete(partition)) continue;
      if (own.length === least) above--;
      own.push(partition);
    }
  }
  for (const partition of free) {
    const poorest = names.reduce((a, b) => (sizeOf(assigned, b) < sizeOf(assigned, a) ? b : a));
    assigned.get(poorest)?.push(partition);
  }
  for (const own of assigned.values()) own.sort((a, b) => a - b);
  return assigned;
}

function sizeOf(assigned: Assignment, name: string): number {
  return assigned.get(name)?.length ?? 0;
}
