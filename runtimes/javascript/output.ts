import fs from 'node:fs';
import { encodeFrame, type FromRuntime } from '../../src/protocol/frame.ts';

/** The frames' way to the node. */
export class Output {
  readonly #fd: number;
  #open = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Writes all of them at once, before it returns. When the node is gone it does nothing. */
  send(frames: readonly FromRuntime[]): void {
    if (!this.#open || frames.length === 0) return;
    const encoded = frames.map(encodeFrame);
    this.#write(encoded.length === 1 ? (encoded[0] as Uint8Array) : Buffer.concat(encoded));
  }

  #write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      try {
        at += fs.writeSync(this.#fd, bytes, at);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EAGAIN') {
          // Only where the other side made our end non-blocking.
          Atomics.wait(waiting, 0, 0, 1);
        } else if (code !== 'EINTR') {
          this.#open = false;
          return;
        }
      }
    }
  }
}

const waiting = new Int32Array(new SharedArrayBuffer(4));
