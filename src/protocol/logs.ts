import { messages } from '../model/messages.ts';

export type Stream = 'stdout' | 'stderr';

/** Takes the lines of one activation as they come. */
export interface LogSink {
  /** Bytes of text that are kept; 0 keeps none. */
  readonly limitBytes: number;
  /** @param time milliseconds since the epoch */
  add(time: number, stream: Stream, text: string): void;
}

/** `2026-11-23T11:40:00.123Z      stdout: text`: OpenWhisk's line, the time padded to 30 (LogLine.scala). */
export function formatLogLine(time: number, stream: Stream, text: string): string {
  return `${timestamp(time).padEnd(30)} ${stream}: ${text}`;
}

let lastTime = Number.NaN;
let lastText = '';

/** Lines come in bursts of the same millisecond; formatting a date costs more than all else here. */
function timestamp(time: number): string {
  if (time !== lastTime) {
    const date = new Date(time);
    lastText = Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
    lastTime = time;
  }
  return lastText;
}

/**
 * Keeps the lines of one activation up to its log limit; what is over is dropped and one sentence says so
 * (DockerToActivationLogStore: bytes of the text of each line count, the line that goes over is left out).
 */
export class LogCollector implements LogSink {
  readonly limitBytes: number;
  readonly #lines: string[] = [];
  readonly #onLine: ((line: string) => void) | undefined;
  #bytes = 0;
  #truncated = false;

  /**
   * @param limitBytes 0 keeps nothing and says nothing
   * @param onLine told of each line that is kept, at once
   */
  constructor(limitBytes: number, onLine?: (line: string) => void) {
    this.limitBytes = limitBytes;
    this.#onLine = onLine;
  }

  add(time: number, stream: Stream, text: string): void {
    if (this.#truncated || this.limitBytes === 0) return;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > this.limitBytes) {
      this.#truncated = true;
      this.#keep(formatLogLine(time, 'stderr', messages.logsTruncated(this.limitBytes)));
      return;
    }
    this.#keep(formatLogLine(time, stream, text));
  }

  #keep(line: string): void {
    this.#lines.push(line);
    this.#onLine?.(line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
