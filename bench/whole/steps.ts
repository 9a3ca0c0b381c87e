import { expect200 } from '../../src/load/load.ts';
import { StepMeans, type StepTimes, stepsOf, TIMING_HEADER } from '../../src/load/steps.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const WARM_CALLS = 300;
const TIMED = { [TIMING_HEADER.name]: TIMING_HEADER.value };

/** Where the time of a call goes, as the node itself says it: of warm calls, and of first ones. */
export const steps: Scenario = {
  name: 'steps',
  async measure({ sandbox, sizes, cleanup, say }) {
    const { slowRounds, slowSamples, warmUpCalls } = sizes;
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    const timed = async (name: string, means: StepMeans) => {
      const request = node.api.invocation(name, PAYLOAD, { headers: TIMED });
      const start = performance.now();
      const answer = await node.connection.ask(request);
      const ms = performance.now() - start;
      expect200(answer);
      means.add(stepsOf(answer) as StepTimes, ms);
    };
    const rounds: Record<'warm' | 'first', StepTimes[]> = { warm: [], first: [] };
    await node.api.putAction('echo', { code: ECHO });
    const plain = node.api.invocation('echo', PAYLOAD);
    say('warming up');
    for (let n = 0; n < warmUpCalls; n++) await node.connection.ask(plain);
    let made = 0;
    for (let round = 1; round <= slowRounds; round++) {
      say(`round ${round} of ${slowRounds}`);
      const [warm, first] = [new StepMeans(), new StepMeans()];
      for (let n = 0; n < WARM_CALLS; n++) await timed('echo', warm);
      for (let n = 0; n < slowSamples; n++) {
        const name = `first-${++made}`;
        await node.api.putAction(name, { code: ECHO });
        await node.settled();
        await timed(name, first);
        await node.api.deleteAction(name);
      }
      rounds.warm.push(warm.means as StepTimes);
      rounds.first.push(first.means as StepTimes);
    }
    return (['warm', 'first'] as const).flatMap((kind) => figuresOf(`${sandbox}/steps/${kind}`, kind, rounds[kind]));
  },
};

/** One figure for each step; `other` is the client, the network and HTTP. */
function figuresOf(id: string, kind: 'warm' | 'first', rounds: readonly StepTimes[]): Figure[] {
  const names = Object.keys(rounds[0] ?? {});
  return names.map((step) =>
    figure({
      ...{ id: `${id}/${step}`, title: `${step} of a ${kind} call, mean`, unit: 'µs' },
      rounds: rounds.map((means) => (means[step] ?? 0) * 1_000),
    }),
  );
}
