import type { Job } from '../model/job.ts';
import { MB } from '../model/limits.ts';
import { LogCollector } from '../protocol/logs.ts';
import type { InitRequest, RunRequest } from '../protocol/protocol.ts';

/** Keeps as much of the job's logs as it may have. */
export function logsOf({ activationId, action, watcher }: Job): LogCollector {
  return new LogCollector(action.limits.logs * MB, watcher && ((line) => watcher.logged(activationId, line)));
}

/** All but the code. */
export function initRequest(job: Job, logs: LogCollector): Omit<InitRequest, 'code'> {
  const { action } = job;
  const { exec } = action;
  return {
    activationId: job.activationId,
    name: action.name,
    main: ('main' in exec ? exec.main : undefined) ?? 'main',
    binary: 'binary' in exec && exec.binary,
    env: {
      ...action.initEnv,
      __OW_NAMESPACE: job.namespace,
      __OW_ACTION_NAME: `/${action.id}`,
      __OW_ACTION_VERSION: action.version,
      __OW_ACTIVATION_ID: job.activationId,
      __OW_TRANSACTION_ID: job.transactionId,
      __OW_DEADLINE: String(Date.now() + action.limits.timeout),
      ...(job.apiKey === undefined ? {} : { __OW_API_KEY: job.apiKey }),
    },
    logs,
  };
}

export function runRequest(job: Job, logs: LogCollector, isAhead: boolean): RunRequest {
  const { action } = job;
  return {
    activationId: job.activationId,
    transactionId: job.transactionId,
    namespace: job.namespace,
    actionName: `/${action.id}`,
    actionVersion: action.version,
    deadline: Date.now() + action.limits.timeout,
    apiKey: job.apiKey,
    trace: job.trace,
    args: job.args,
    logs,
    isAhead,
  };
}
