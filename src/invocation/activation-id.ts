/**
 * 32 lower-case hex digits (ActivationId.scala): a UUID of version 7. It begins with the time, so that the store writes new
 * records side by side, which costs it half; 74 bits of it are random.
 */
export function newActivationId(): string {
  return Bun.randomUUIDv7('buffer').toString('hex');
}
