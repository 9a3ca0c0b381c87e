import { randomFillSync } from 'node:crypto';

/** Random bytes are had cheaply only many at a time. */
const pool = Buffer.allocUnsafe(16 * 256);
let at = pool.length;

/** 32 lower-case hex digits of 128 random bits (ActivationId.scala). */
export function newActivationId(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const id = pool.toString('hex', at, at + 16);
  at += 16;
  return id;
}
