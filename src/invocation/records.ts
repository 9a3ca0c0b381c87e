import type { ActivationStore } from '../store/store.ts';

/** Reading of activation records, for the API: the store's own methods that do not write. */
export type ActivationRecords = Pick<ActivationStore, 'get' | 'list' | 'summaries' | 'count'>;
