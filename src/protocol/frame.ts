import { Packer, unpack } from './msgpack.ts';
import { RuntimeFault } from './protocol.ts';

/** Frames of the stdio protocol (docs/protocol.md): four bytes of length, then one MessagePack map. */

/** What the node accepts from a runtime: results are cut at 1 MB by the shim, log frames are small. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
const HEADER_BYTES = 4;

const packer = new Packer();

export type ToRuntime =
  | {
      readonly type: 'init';
      readonly id: string;
      readonly name: string;
      readonly main: string;
      readonly code: string;
      readonly binary: boolean;
      readonly env: Readonly<Record<string, string>>;
      readonly resultLimit: number;
      readonly logLimit: number;
    }
  | {
      readonly type: 'run';
      readonly id: string;
      readonly value: string;
      readonly env: Readonly<Record<string, string>>;
      readonly logLimit: number;
      /** Microseconds. */
      readonly linger?: number;
      /** It is begun when those before it are answered. */
      readonly ahead?: true;
    }
  | { readonly type: 'recall' }
  | { readonly type: 'stop' };

export type FromRuntime =
  | {
      readonly type: 'ready';
      readonly protocol: number;
      readonly runtime: string;
      readonly concurrent: boolean;
      /** Runs may be sent ahead. */
      readonly ahead?: boolean;
    }
  | { readonly type: 'log'; readonly id: string; readonly lines: readonly (readonly [number, 1 | 2, string])[] }
  | {
      readonly type: 'result';
      readonly id: string;
      readonly value?: string;
      readonly size?: number;
      /** Microseconds from the beginning of the run. */
      readonly took?: number;
    }
  | { readonly type: 'recalled'; readonly ids: readonly string[] }
  /** `begun`: what it was asked and will not answer any more. All else it never began. */
  | { readonly type: 'ending'; readonly begun: readonly string[] }
  | { readonly type: 'failure'; readonly id: string; readonly error: string };

/**
 * One frame, in one piece, so that it costs one write.
 *
 * @returns a view that nobody writes to again: it may be queued
 */
export function encodeFrame(frame: ToRuntime | FromRuntime): Uint8Array {
  const bytes = packer.pack(frame, HEADER_BYTES);
  bytes.writeUInt32BE(bytes.length - HEADER_BYTES);
  return bytes;
}

/**
 * Puts frames together from chunks of any size. Pure: no clock, no stream. The length is checked before
 * anything is allocated for it; a frame that lies whole in one chunk is not copied.
 *
 *     new Decoder().push(chunk) // → the frames that are now whole
 */
export class Decoder {
  readonly #maxBody: number;
  #headerBytes = 0;
  #length = 0;
  /** A body that came in more than one chunk, and how much of it is there. */
  #body: Uint8Array | undefined;
  #have = 0;

  constructor(maxBody = MAX_BODY_BYTES) {
    this.#maxBody = maxBody;
  }

  /** True when the stream stands between two frames, so that an end here is clean. */
  get atBorder(): boolean {
    return this.#headerBytes === 0;
  }

  /** @throws RuntimeFault for a length over the cap or a body that is not a MessagePack map with a `type` */
  push(chunk: Uint8Array): Record<string, unknown>[] {
    const frames: Record<string, unknown>[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < HEADER_BYTES) {
        this.#readHeader(chunk[at++] as number);
        continue;
      }
      const part = chunk.subarray(at, at + this.#length - this.#have);
      at += part.length;
      const body = this.#collect(part);
      if (body) frames.push(decodeBody(body));
    }
    return frames;
  }

  #readHeader(byte: number): void {
    this.#length = this.#length * 256 + byte;
    this.#headerBytes += 1;
    if (this.#headerBytes < HEADER_BYTES) return;
    if (this.#length === 0) throw new RuntimeFault('it sent an empty frame');
    if (this.#length > this.#maxBody) throw new RuntimeFault(`it announced a frame of ${this.#length} bytes`);
  }

  /** The whole body, when `part` was all that it lacked. */
  #collect(part: Uint8Array): Uint8Array | undefined {
    if (part.length < this.#length) {
      this.#body ??= Buffer.allocUnsafeSlow(this.#length);
      this.#body.set(part, this.#have);
    }
    this.#have += part.length;
    if (this.#have < this.#length) return undefined;
    const whole = this.#body ?? part;
    this.#body = undefined;
    this.#have = 0;
    this.#length = 0;
    this.#headerBytes = 0;
    return whole;
  }
}

function decodeBody(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = unpack(body);
  } catch {
    throw new RuntimeFault('it sent a frame that is not MessagePack');
  }
  if (typeof value !== 'object' || value === null || typeof (value as { type?: unknown }).type !== 'string') {
    throw new RuntimeFault('it sent a frame without a type');
  }
  return value as Record<string, unknown>;
}
