import { decode, type RunMessage, type WorkMessage } from './wire.ts';

/** A message of work on its way through the intake. */
export interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly message: RunMessage | WorkMessage;
  /** It was there before this node owned the partition. */
  readonly isOld: boolean;
}

/** `partition/offset`: what heartbeats call it. */
export function keyOf({ partition, offset }: Pick<Entry, 'partition' | 'offset'>): string {
  return `${partition}/${offset}`;
}

/** What a message of a partition asks for; or why it is none. Never throws. */
export function readWork(value: Uint8Array): Entry['message'] | { readonly problem: string } {
  const message = decode(value);
  if ('problem' in message || message.type === 'run' || message.type === 'work') return message;
  return { problem: `'${message.type}' is no work` };
}
