import { activationIdOf } from '../../src/load/api.ts';
import type { BenchNode } from '../node/node.ts';
import { PAYLOAD } from './scenario.ts';

/**
 * Checks that the node did all that it must do for the calls that were measured: each has its record, a record has
 * its result and its logs, and a wrong key is refused.
 *
 * @param calls how often the action was called
 * @throws Error that says what was left out
 */
export async function proveNothingIsFaked(node: BenchNode, action: string, calls: number): Promise<void> {
  const { api, connection, auth } = node;
  const records = await api.countActivations(action);
  if (records !== calls) throw new Error(`${calls} calls of ${action} left ${records} records`);

  const answer = await connection.ask(api.invocation(action, PAYLOAD));
  const { response } = await api.activation(activationIdOf(answer));
  if (JSON.stringify(response.result) !== PAYLOAD) throw new Error(`a record says ${JSON.stringify(response)}`);

  await api.putAction('prints', { code: 'function main() { console.log("kept"); return {}; }' });
  const { logs } = await api.activation(activationIdOf(await connection.ask(api.invocation('prints', '{}'))));
  if (!logs[0]?.endsWith('stdout: kept')) throw new Error(`the logs of a call are ${JSON.stringify(logs)}`);

  const wrong = await connection.ask(api.invocation(action, PAYLOAD, { auth: `${auth.slice(0, -1)}!` }));
  if (wrong.status !== 401) throw new Error(`a wrong key was answered ${wrong.status}`);
}
