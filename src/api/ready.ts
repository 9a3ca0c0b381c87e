import { RETRY_AFTER_S } from '../model/refusal.ts';

/** Whether the node can do its work now, and what it lacks. */
export interface Readiness {
  /** It stops, and takes no new work. */
  readonly isDraining: boolean;
  /** What the node needs besides itself, by name, and whether it is away. */
  readonly away: Readonly<Record<string, boolean>>;
  /** What it does without when it is away, at the price of being alone: no reason to send calls elsewhere. */
  readonly missed?: Readonly<Record<string, boolean>>;
}

/** `GET /ready`, for whoever sends calls to several nodes: 200, or 503 while calls had better go elsewhere. */
export function readyAnswer({ isDraining, away, missed }: Readiness): {
  status: number;
  body: string;
  headers: Record<string, string>;
} {
  const isReady = !isDraining && Object.values(away).every((each) => !each);
  const parts = Object.fromEntries(
    Object.entries({ ...away, ...missed }).map(([name, isAway]) => [name, isAway ? 'away' : 'up']),
  );
  return {
    status: isReady ? 200 : 503,
    body: JSON.stringify({ ready: isReady, draining: isDraining, parts }),
    headers: isReady ? {} : { 'Retry-After': String(RETRY_AFTER_S) },
  };
}
