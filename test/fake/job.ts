import type { Job, JobAction } from '../../src/model/job.ts';

let made = 0;

/** A job of an action; all that a test does not care about is filled in. */
export function job(action: Partial<JobAction> = {}, fields: Partial<Job> = {}): Job {
  return {
    activationId: String(++made).padStart(32, '0'),
    transactionId: 'tid',
    namespace: 'guest',
    action: {
      id: 'guest/a',
      rev: '1-a',
      name: 'a',
      version: '0.0.1',
      exec: { kind: 'nodejs:20', binary: false },
      initEnv: {},
      code: async () => 'function main() {}',
      ...action,
      limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1, ...action.limits },
    },
    args: '{}',
    acceptedAt: Date.now(),
    ...fields,
  };
}
