import { join } from 'node:path';

/** Names another tree to `tree`. */
export const TREE_VARIABLE = 'BENCH_TREE';

/**
 * The sources that nodes under measurement are made of: this tree, or another one that `compare.ts` names in the environment.
 * The client, the floors and the parts are always of the tree whose bench runs.
 */
export const tree = process.env[TREE_VARIABLE] ?? join(import.meta.dir, '..');
