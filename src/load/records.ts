import type { ActivationJson, Api } from './api.ts';
import type { Sampled } from './tally.ts';

/** Proof that the host did what it must for the calls: records of some of them were looked for. */
export interface RecordsFound {
  readonly looked: number;
  readonly found: number;
  /** Of those found, how many do not have the result that the call was answered with. */
  readonly wrong: number;
}

/** OpenWhisk writes a record after the answer has left. */
const PATIENCE_MS = 20_000;
const AGAIN_MS = 200;

/** Looks until all are found, or for a while. */
export async function findRecords(
  api: Api,
  sampled: readonly Sampled[],
  result: unknown,
  signal: AbortSignal,
): Promise<{
  readonly found: RecordsFound;
  readonly records: readonly { readonly record: ActivationJson; readonly ms: number }[];
}> {
  const end = performance.now() + PATIENCE_MS;
  const records: { record: ActivationJson; ms: number }[] = [];
  let missing = sampled;
  for (;;) {
    const still: Sampled[] = [];
    for (const each of missing) {
      const record = await api.activation(each.activationId).catch(() => undefined);
      if (record) records.push({ record, ms: each.ms });
      else still.push(each);
    }
    missing = still;
    if (missing.length === 0 || performance.now() > end || signal.aborted) break;
    await Bun.sleep(AGAIN_MS);
  }
  const wrong = records.filter(({ record }) => !Bun.deepEquals(record.response.result, result)).length;
  return { found: { looked: sampled.length, found: records.length, wrong }, records };
}
