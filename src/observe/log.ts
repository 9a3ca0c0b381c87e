import type { Events, Said } from './events.ts';

export type LogLevel = Said['level'];

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly write: (line: string) => void;
}

/** Writes what rooms say, in OpenWhisk's form: `[time] [LEVEL] [#tid_…] [part] text` (Logging.scala), or one JSON object a line. */
export function logTo(events: Events, { level, format, write }: LogOptions): void {
  events.said.subscribe((said) => {
    if (RANK[said.level] < RANK[level]) return;
    write(format === 'json' ? jsonLine(said) : textLine(said));
  });
  if (RANK[level] > RANK.debug) return;
  events.containerMoved.subscribe(({ id, kind, from, to, why }) => {
    events.debug('invoker', `container ${id} (${kind}): ${from ?? 'new'} → ${to}: ${why}`);
  });
}

function textLine({ level, transactionId, from, text }: Said): string {
  const time = new Date().toISOString();
  return `[${time}] [${level.toUpperCase()}] [#tid_${transactionId ?? 'sid_node'}] [${from}] ${text}\n`;
}

function jsonLine({ level, transactionId, from, text }: Said): string {
  return `${JSON.stringify({ time: new Date().toISOString(), level, transactionId, from, text })}\n`;
}
