import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newActivationId } from '../../src/invocation/activation-id.ts';
import { Events } from '../../src/observe/events.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { exampleActivation } from './activation.ts';

const BURST = 16;
const BURSTS = 100;

/**
 * What the record of a call costs: the thread that serves, in processor time, with everything that it does for it until
 * the writer has answered; and how long it takes until a record alone is durable. Not by tinybench, which knows no
 * processor time of one thread.
 */
export async function measureRecord(rounds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
  const store = await openSqliteStore({ file: join(folder, 'records.db'), events: new Events() });
  const put = () => store.activations.put(exampleActivation(newActivationId()));
  const burst = async () => {
    const { user, system } = process.threadCpuUsage();
    for (let n = 0; n < BURSTS; n++) await Promise.all(Array.from({ length: BURST }, put));
    const after = process.threadCpuUsage();
    return (after.user + after.system - user - system) / (BURST * BURSTS);
  };
  const alone = async () => {
    const start = performance.now();
    await put();
    return performance.now() - start;
  };
  try {
    await burst();
    const cpu: number[] = [];
    const durable: number[] = [];
    for (let round = 0; round < rounds; round++) {
      cpu.push(await burst());
      durable.push(await alone());
    }
    const id = 'part/record';
    return [
      figure({
        id: `${id}/thread`,
        title: `put a record, of ${BURST}: time of the serving thread`,
        unit: 'µs',
        rounds: cpu,
      }),
      figure({ id: `${id}/durable`, title: 'put a record alone, until it is durable', unit: 'ms', rounds: durable }),
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
