import { Packr } from 'msgpackr';
import { RuntimeFault } from './protocol.ts';

/** Frames of the stdio protocol (docs/protocol.md): four bytes of length, then one MessagePack map. */

/** What the node accepts from a runtime: results are cut at 1 MB by the shim, log frames are small. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
const HEADER_BYTES = 4;

const packr = new Packr({ useRecords: false, variableMapSize: true, bundleStrings: false });

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
    }
  | { readonly type: 'stop' };

export type FromRuntime =
  | { readonly type: 'ready'; readonly protocol: number; readonly runtime: string; readonly concurrent: boolean }
  | { readonly type: 'log'; readonly id: string; readonly lines: readonly (readonly [number, 1 | 2, string])[] }
  | { readonly type: 'result'; readonly id: string; readonly value?: string; readonly size?: number }
  | { readonly type: 'failure'; readonly id: string; readonly error: string };

/** One frame, in one piece, so that it costs one write. */
export function encodeFrame(frame: ToRuntime | FromRuntime): Uint8Array {
  const body = packr.pack(frame);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/**
 * Puts frames together from chunks of any size. Pure: no clock, no stream. The length is checked before
 * anything is allocated for it.
 *
 *     new Decoder(FromRuntime check, cap).push(chunk) // → the frames that are now whole
 */
export class Decoder {
  readonly #maxBody: number;
  #rest: Uint8Array = new Uint8Array(0);
  /** Bytes collected for a frame whose length is known. */
  #parts: Uint8Array[] = [];
  #have = 0;
  #need = 0;

  constructor(maxBody = MAX_BODY_BYTES) {
    this.#maxBody = maxBody;
  }

  /** True when the stream stands between two frames, so that an end here is clean. */
  get atBorder(): boolean {
    return this.#need === 0 && this.#rest.length === 0;
  }

  /** @throws RuntimeFault for a length over the cap or a body that is not a MessagePack map with a `type` */
  push(chunk: Uint8Array): Record<string, unknown>[] {
    const frames: Record<string, unknown>[] = [];
    let at = 0;
    for (;;) {
      if (this.#need > 0) {
        const take = Math.min(this.#need - this.#have, chunk.length - at);
        this.#parts.push(chunk.subarray(at, at + take));
        this.#have += take;
        at += take;
        if (this.#have < this.#need) return frames;
        frames.push(decodeBody(this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : Buffer.concat(this.#parts)));
        this.#parts = [];
        this.#have = 0;
        this.#need = 0;
        continue;
      }
      const left = this.#rest.length + chunk.length - at;
      if (left < HEADER_BYTES) {
        this.#rest = left === 0 ? this.#rest : Buffer.concat([this.#rest, chunk.subarray(at)]);
        return frames;
      }
      const taken = HEADER_BYTES - this.#rest.length;
      const header = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk.subarray(at, at + taken)]);
      const offset = this.#rest.length === 0 ? at : 0;
      this.#need = new DataView(header.buffer, header.byteOffset + offset, HEADER_BYTES).getUint32(0);
      this.#rest = this.#rest.length === 0 ? this.#rest : new Uint8Array(0);
      at += taken;
      if (this.#need === 0) throw new RuntimeFault('it sent an empty frame');
      if (this.#need > this.#maxBody) throw new RuntimeFault(`it announced a frame of ${this.#need} bytes`);
    }
  }
}

function decodeBody(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = packr.unpack(body);
  } catch {
    throw new RuntimeFault('it sent a frame that is not MessagePack');
  }
  if (typeof value !== 'object' || value === null || typeof (value as { type?: unknown }).type !== 'string') {
    throw new RuntimeFault('it sent a frame without a type');
  }
  return value as Record<string, unknown>;
}
