import { MB, type SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';

export interface Build {
  readonly version: string;
  /** When it was built, as clients want it: beginning with the year. */
  readonly date: string;
  readonly commit: string;
}

/** `GET /`: what wskdeploy reads before it deploys (Controller.info). */
export function serverInfo(limits: SystemLimits, manifest: Manifest): string {
  const { timeout, memory, logs } = limits;
  return JSON.stringify({
    api_paths: ['/api/v1'],
    description: 'OpenWhisk',
    limits: {
      actions_per_minute: limits.invocationsPerMinute,
      concurrent_actions: limits.concurrentInvocations,
      default_max_action_duration: timeout.max,
      default_max_action_logs: logs.max * MB,
      default_max_action_memory: memory.max * MB,
      default_min_action_duration: timeout.min,
      default_min_action_logs: logs.min * MB,
      default_min_action_memory: memory.min * MB,
      max_action_duration: timeout.max,
      max_action_logs: logs.max * MB,
      max_action_memory: memory.max * MB,
      min_action_duration: timeout.min,
      min_action_logs: logs.min * MB,
      min_action_memory: memory.min * MB,
      sequence_length: limits.sequenceLength,
      triggers_per_minute: limits.firesPerMinute,
    },
    runtimes: manifest.describe(),
    support: { github: 'https://github.com/apache/openwhisk/issues', slack: 'http://slack.openwhisk.org' },
  });
}

/** `GET /api/v1`: what `wsk property get --apibuild` reads (RestAPIs.scala). */
export function apiInfo(build: Build): string {
  return JSON.stringify({
    api_version: '1.0.0',
    api_version_path: 'v1',
    build: build.date,
    buildno: build.commit,
    description: 'OpenWhisk API',
    swagger_paths: { 'api-docs': '/api-docs', ui: '/docs' },
  });
}
