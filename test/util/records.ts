import type { TestNode } from './node.ts';
import { until } from './until.ts';

/** The record of an activation, waited for: it is there when the activation has ended. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
export async function recordOf(node: TestNode, activationId: string): Promise<any> {
  let answer = await node.ask('GET', `activations/${activationId}`);
  await until(`activation ${activationId} has ended`, async () => {
    if (answer.status === 200) return true;
    answer = await node.ask('GET', `activations/${activationId}`);
    return answer.status === 200;
  });
  return answer.json;
}
