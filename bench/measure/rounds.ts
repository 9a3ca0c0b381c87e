/**
 * Measures several things in alternation, so that whatever the machine does besides meets all of them alike: each
 * round measures every one once, and begins with another one than the round before.
 */

/** Measures one thing for one round; answers its samples. */
export type Meter = () => Promise<readonly number[]>;

/** The samples of each round. */
export type Rounds = readonly (readonly number[])[];

export async function alternate<Name extends string>(
  count: number,
  meters: Readonly<Record<Name, Meter>>,
  onRound: (round: number) => void = () => undefined,
): Promise<Record<Name, Rounds>> {
  const names = Object.keys(meters) as Name[];
  const rounds = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, (readonly number[])[]>;
  for (let round = 0; round < count; round++) {
    onRound(round + 1);
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name;
      rounds[name].push(await meters[name]());
    }
  }
  return rounds;
}

/** One meter alone, call by call. */
export async function repeat(count: number, once: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let n = 0; n < count; n++) samples.push(await once());
  return samples;
}
