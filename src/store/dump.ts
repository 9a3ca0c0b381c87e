import type { Activation } from '../model/activation.ts';
import type { Entity } from '../model/entities.ts';
import type { Subject } from '../model/identity.ts';
import type { UserLimits } from '../model/limits.ts';
import { Conflict, type Store } from './store.ts';

/**
 * All that a store keeps, one thing after the other, as plain data: what is exported, imported, and moved from one engine to
 * another. Subjects come first, records last. Revisions stay behind: they are each engine's own.
 */
export type Item = SubjectItem | LimitsItem | EntityItem | ActivationItem;

export interface SubjectItem {
  readonly type: 'subject';
  readonly subject: Subject;
}
export interface LimitsItem {
  readonly type: 'limits';
  readonly namespace: string;
  readonly limits: UserLimits;
}
export interface EntityItem {
  readonly type: 'entity';
  readonly entity: Entity;
  /** Text, or base64 when `exec.binary`. */
  readonly code?: string;
}
export interface ActivationItem {
  readonly type: 'activation';
  readonly activation: Activation;
}

export const itemTypes = ['subject', 'limits', 'entity', 'activation'] as const;

export interface DumpOptions {
  /** False leaves the records of activations out. */
  readonly withRecords: boolean;
  /** Told what is left out because it cannot be understood, and why. */
  readonly onSkipped: (what: string) => void;
}

export interface LoadOptions {
  /** True replaces what is there by the same name; else that is left as it is. A record that is there stays in any case. */
  readonly overwrite: boolean;
}

/** How many things of each type were written, and how many were left as they are. */
export type Loaded = Readonly<Record<Item['type'], { readonly written: number; readonly left: number }>>;

/** So many are written at the same time. */
const AT_ONCE = 32;
const RECORDS_AT_ONCE = 1000;
/** Far below what a store lets wait before it drops the oldest records. */
const BYTES_AT_ONCE = 16 * 1024 * 1024;

/** Writes all of it. @throws StoreUnavailable when the store goes away meanwhile: what was written stays */
export async function load(
  store: Store,
  items: AsyncIterable<Item> | Iterable<Item>,
  options: LoadOptions,
): Promise<Loaded> {
  const loaded = Object.fromEntries(itemTypes.map((type) => [type, { written: 0, left: 0 }])) as Record<
    Item['type'],
    { written: number; left: number }
  >;
  let pending: Promise<void>[] = [];
  let bytes = 0;
  for await (const item of items) {
    const most = item.type === 'activation' ? RECORDS_AT_ONCE : AT_ONCE;
    const done = write(store, item, options).then(
      (isWritten) => void loaded[item.type][isWritten ? 'written' : 'left']++,
    );
    // Who fails while the next item is read is heard of when all are waited for.
    done.catch(() => undefined);
    pending.push(done);
    bytes += sizeOf(item);
    if (pending.length < most && bytes < BYTES_AT_ONCE) continue;
    await Promise.all(pending);
    pending = [];
    bytes = 0;
  }
  await Promise.all(pending);
  return loaded;
}

/** About: what may be large. */
function sizeOf(item: Item): number {
  if (item.type === 'entity') return item.code?.length ?? 0;
  if (item.type !== 'activation') return 0;
  const { response, logs } = item.activation;
  return logs.reduce((sum, line) => sum + line.length, response.result.length);
}

/** True when it was written, false when there is one. */
async function write(store: Store, item: Item, { overwrite }: LoadOptions): Promise<boolean> {
  switch (item.type) {
    case 'subject':
      return writeSubject(store, item, overwrite);
    case 'limits': {
      const isThere = (await store.subjects.limits(item.namespace)) !== undefined;
      if (isThere && !overwrite) return false;
      await store.subjects.setLimits(item.namespace, item.limits);
      return true;
    }
    case 'entity':
      return writeEntity(store, item, overwrite);
    case 'activation': {
      const { namespace, activationId } = item.activation;
      if ((await store.activations.get(namespace, activationId)) !== undefined) return false;
      await store.activations.put(item.activation);
      return true;
    }
  }
}

async function writeSubject({ subjects }: Store, { subject }: SubjectItem, overwrite: boolean): Promise<boolean> {
  const found = await subjects.get(subject.subject);
  if (found && !overwrite) return false;
  await subjects.put(subject, found?.rev);
  return true;
}

async function writeEntity({ entities }: Store, { entity, code }: EntityItem, overwrite: boolean): Promise<boolean> {
  try {
    await entities.put(entity, undefined, code);
    return true;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (!overwrite) return false;
  }
  const found = await entities.get(`${entity.namespace}/${entity.name}`);
  await entities.put(entity, found?.rev, code);
  return true;
}
