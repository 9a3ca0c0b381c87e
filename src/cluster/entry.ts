import { decode, type RunMessage, type WorkMessage } from './wire.ts';

/** Where a message of work is. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** A message of work on its way through the intake. */
export interface Entry extends Place {
  readonly message: RunMessage | WorkMessage;
  /** It was there before this node owned the partition. */
  readonly isOld: boolean;
}

/** `partition/offset`: what heartbeats call it. */
export function keyOf({ partition, offset }: Place): string {
  return `${partition}/${offset}`;
}

/** What a message of a partition asks for; or why it is none. Never throws. */
export function readWork(value: Uint8Array): Entry['message'] | { readonly problem: string } {
  const message = decode(value);
  if ('problem' in message || message.type === 'run' || message.type === 'work') return message;
  return { problem: `'${message.type}' is no work` };
}
