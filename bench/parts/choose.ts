import { expired, isGivenUp, makeRoom, pickStemCell, type View } from '../../src/invoker/choose.ts';
import type { Part } from './part.ts';

const views = (count: number): View[] =>
  Array.from({ length: count }, (_, n) => ({ id: `c${n}`, memory: 256, lastUsed: (n * 7919) % count }));

const idle = views(100);
const stemCells = views(4);
const evictable = { surplus: [], idle, stemCells };

/** The pool's decisions, with a hundred idle containers. */
export const choose: Part = {
  name: 'choose',
  prepare: () => ({
    tasks: [
      { name: 'pick a stem cell', batch: 1000, run: () => pickStemCell(stemCells, 512) },
      { name: 'whom to evict for 512 MB', batch: 50, run: () => makeRoom(512, 0, evictable) },
      { name: 'who is idle too long', batch: 50, run: () => expired(idle, 200, 150) },
      {
        name: 'whose turn it is',
        batch: 1000,
        run: () => isGivenUp({ since: 10, held: 512 }, { since: 5, held: 256 }, 200, 100),
      },
    ],
  }),
};
