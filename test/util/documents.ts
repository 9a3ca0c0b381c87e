import type { Activation } from '../../src/model/activation.ts';
import type { Action, Package, Rule, Trigger } from '../../src/model/entities.ts';
import type { Subject } from '../../src/model/identity.ts';

/** Whole documents for tests, told only what matters there. */

const base = { namespace: 'guest', version: '0.0.1', publish: false, annotations: [], updated: 1_700_000_000_000 };

export function anAction(fields: Partial<Action> = {}): Action {
  return {
    ...base,
    entityType: 'action',
    name: 'hello',
    exec: { kind: 'nodejs:20', binary: false },
    parameters: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    ...fields,
  };
}

export function aPackage(fields: Partial<Package> = {}): Package {
  return { ...base, entityType: 'package', name: 'tools', parameters: [], binding: {}, ...fields };
}

export function aTrigger(fields: Partial<Trigger> = {}): Trigger {
  return { ...base, entityType: 'trigger', name: 'tick', parameters: [], limits: {}, ...fields };
}

export function aRule(fields: Partial<Rule> = {}): Rule {
  const { namespace } = { ...base, ...fields };
  const trigger = { path: namespace, name: 'tick' };
  const action = { path: namespace, name: 'hello' };
  return { ...base, entityType: 'rule', name: 'every', trigger, action, ...fields };
}

export function anActivation(fields: Partial<Activation> = {}): Activation {
  const { namespace = 'guest', name = 'hello', start = 1_700_000_000_000 } = fields;
  return {
    activationId: newActivationId(),
    namespace,
    name,
    version: '0.0.1',
    subject: 'guest',
    start,
    end: start + 3,
    duration: 3,
    response: { status: 'success', result: '{"payload":"Hello, World!"}', size: 27 },
    logs: [],
    annotations: [
      { key: 'path', value: `${namespace}/${name}` },
      { key: 'waitTime', value: 2 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
    ],
    ...fields,
  };
}

export function aSubject(fields: Partial<Subject> = {}): Subject {
  const subject = fields.subject ?? 'guest-user';
  return { subject, namespaces: [{ name: subject, uuid: crypto.randomUUID(), key: 'k'.repeat(64) }], ...fields };
}

export function newActivationId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
