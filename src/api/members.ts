import type { NodeView } from '../observe/cluster-view.ts';

/** OpenWhisk's words for what an invoker is like (InvokerState); one that stops counts as down there. */
const INVOKER_STATES: Readonly<Record<NodeView['status'], 'up' | 'unresponsive' | 'down'>> = {
  up: 'up',
  draining: 'down',
  unresponsive: 'unresponsive',
  down: 'down',
};

const isHealthy = ({ status }: NodeView) => status === 'up';

/** `GET /invokers`: `{"invoker0/edge-1": "up"}`, in the order of the names. */
export function invokersAnswer(nodes: readonly NodeView[]): string {
  const entries = nodes.map(({ id, status }, index) => [`invoker${index}/${id}`, INVOKER_STATES[status]]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** `GET /invokers/healthy/count`: a number. */
export function healthyAnswer(nodes: readonly NodeView[]): string {
  return String(nodes.filter(isHealthy).length);
}

/** `GET /invokers/ready`: 200 when all are healthy, as OpenWhisk counts unless it is told otherwise; else 500. */
export function invokersReadyAnswer(nodes: readonly NodeView[]): { status: 200 | 500; body: string } {
  const healthy = nodes.filter(isHealthy).length;
  if (nodes.length > 0 && healthy === nodes.length) {
    return { status: 200, body: JSON.stringify({ healthy: `${healthy}/${nodes.length}` }) };
  }
  return { status: 500, body: JSON.stringify({ unhealthy: `${nodes.length - healthy}/${nodes.length}` }) };
}
