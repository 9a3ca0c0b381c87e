import type { UserLimits } from '../model/limits.ts';
import type { SubjectStore } from '../store/store.ts';
import { type AdminAnswer, done, failed } from './command.ts';

/** The `limits` commands, with wskadmin's sentences; what is not set keeps its value. */

/** In the order in which they are shown. */
export const limitNames = [
  'invocationsPerMinute',
  'firesPerMinute',
  'concurrentInvocations',
  'allowedKinds',
  'storeActivations',
  'minActionMemory',
  'maxActionMemory',
  'minActionLogs',
  'maxActionLogs',
  'minActionTimeout',
  'maxActionTimeout',
  'minActionConcurrency',
  'maxActionConcurrency',
  'maxParameterSize',
  'maxPayloadSize',
  'truncationSize',
] as const satisfies readonly (keyof UserLimits)[];

export async function setLimits(store: SubjectStore, namespace: string, limits: UserLimits): Promise<AdminAnswer> {
  const before = await store.limits(namespace);
  await store.setLimits(namespace, { ...before, ...limits });
  return done(`Limits successfully set for "${namespace}"`);
}

export async function getLimits(store: SubjectStore, namespace: string): Promise<AdminAnswer> {
  const limits = await store.limits(namespace);
  if (!limits) return done('No limits found, default system limits apply');
  const set = limitNames.filter((name) => limits[name] !== undefined);
  return done(...set.map((name) => `${name} = ${show(limits[name])}`));
}

export async function deleteLimits(store: SubjectStore, namespace: string): Promise<AdminAnswer> {
  if (!(await store.limits(namespace))) {
    return failed('Failed to delete limits ({"error":"not_found","reason":"missing"})');
  }
  await store.setLimits(namespace, undefined);
  return done('Limits deleted');
}

/** As Python prints it, because wskadmin does: `True`, `['nodejs:20', 'python:3']`. */
function show(value: UserLimits[keyof UserLimits]): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map((each) => `'${each}'`).join(', ')}]`;
  return String(value);
}
