import { Bench } from 'tinybench';
import { type Figure, figure } from '../measure/figure.ts';

/** One small piece of the way of a call, measured by itself. */
export interface Task {
  readonly name: string;
  /** How often it is done for one sample, so that a sample is far longer than the clock's step. */
  readonly batch: number;
  readonly run: () => unknown;
}

export interface Part {
  readonly name: string;
  /** Makes what its tasks need; `close` takes it away. */
  prepare(): Promise<Prepared> | Prepared;
}

export interface Prepared {
  readonly tasks: readonly Task[];
  readonly close?: () => Promise<void>;
}

/** Measures the tasks of a part in rounds, each by tinybench. @param ms of one task in one round */
export async function measurePart(part: Part, rounds: number, ms: number): Promise<Figure[]> {
  const { tasks, close } = await part.prepare();
  const medians = tasks.map((): number[] => []);
  const doubts = new Set<string>();
  try {
    for (let round = 0; round < rounds; round++) {
      const bench = new Bench({ time: ms, warmupTime: ms / 2, throws: true });
      for (const { name, batch, run } of tasks) bench.add(name, batched(run, batch));
      bench.addEventListener('warning', ({ task }) => doubts.add(task.name));
      await bench.run();
      bench.tasks.forEach((task, index) => {
        const { result } = task;
        if (result.state !== 'completed') throw new Error(`${task.name} was not measured: ${result.state}`);
        medians[index]?.push((result.latency.p50 * 1000) / (tasks[index] as Task).batch);
      });
    }
  } finally {
    await close?.();
  }
  return tasks.map(({ name }, index) =>
    figure({
      ...{ id: `part/${part.name}/${name}`, title: name, unit: 'µs' },
      rounds: medians[index] as number[],
      ...(doubts.has(name) && { note: 'near the resolution of the clock' }),
    }),
  );
}

function batched(run: () => unknown, batch: number): () => unknown {
  return async () => {
    for (let n = 0; n < batch; n++) {
      const result = run();
      if (result instanceof Promise) await result;
    }
  };
}
