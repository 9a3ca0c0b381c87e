import type { FromRuntime } from '../../src/protocol/frame.ts';

export type Stream = 1 | 2;
type Line = readonly [time: number, stream: Stream, text: string];

/** A line that is longer is sent in pieces, so that a frame never comes near the node's cap. */
const LINE_LENGTH = 512 * 1024;
const FRAME_LENGTH = 1024 * 1024;

/** What one activation has printed and what of it is yet to be sent. Pure: the clock is the caller's. */
export class Activation {
  readonly id: string;
  #bytesLeft: number;
  #unfinished: { [stream in Stream]: string } = { 1: '', 2: '' };
  #lines: Line[] = [];
  /** Characters in `#lines`. */
  #length = 0;

  /** @param limit bytes of text after which no more lines are sent: the one that goes over is the last, so that the node can tell */
  constructor(id: string, limit: number) {
    this.id = id;
    this.#bytesLeft = limit;
  }

  /** Characters that wait to be sent. */
  get waiting(): number {
    return this.#length + this.#lines.length;
  }

  /** Takes printed text; what has no line end yet is kept back. */
  print(time: number, stream: Stream, text: string): void {
    if (this.#bytesLeft <= 0) return;
    const pieces = text.split('\n');
    pieces[0] = this.#unfinished[stream] + pieces[0];
    this.#unfinished[stream] = pieces.pop() as string;
    for (const line of pieces) this.#add(time, stream, line);
    if (this.#unfinished[stream].length > LINE_LENGTH) this.#endLine(time, stream);
  }

  /** Ends the lines that were left without an end. */
  finish(time: number): void {
    for (const stream of [1, 2] as const) if (this.#unfinished[stream] !== '') this.#endLine(time, stream);
  }

  /** Takes over what another one has not sent. */
  adopt(other: Activation): void {
    for (const [time, stream, text] of other.#takeLines()) this.#add(time, stream, text);
  }

  /** The lines that wait, as frames; after that none wait. */
  take(): FromRuntime[] {
    const frames: FromRuntime[] = [];
    let lines: Line[] = [];
    let length = 0;
    for (const line of this.#takeLines()) {
      lines.push(line);
      length += line[2].length;
      if (length < FRAME_LENGTH) continue;
      frames.push({ type: 'log', id: this.id, lines });
      lines = [];
      length = 0;
    }
    if (lines.length > 0) frames.push({ type: 'log', id: this.id, lines });
    return frames;
  }

  #endLine(time: number, stream: Stream): void {
    const line = this.#unfinished[stream];
    this.#unfinished[stream] = '';
    this.#add(time, stream, line);
  }

  #add(time: number, stream: Stream, line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_LENGTH) {
      if (this.#bytesLeft <= 0) return;
      const text = line.length <= LINE_LENGTH ? line : line.slice(at, at + LINE_LENGTH);
      // An empty line costs one byte, so that the limit ends any flood.
      this.#bytesLeft -= Math.max(1, Buffer.byteLength(text));
      this.#lines.push([time, stream, text]);
      this.#length += text.length;
    }
  }

  #takeLines(): Line[] {
    const lines = this.#lines;
    if (lines.length > 0) {
      this.#lines = [];
      this.#length = 0;
    }
    return lines;
  }
}
