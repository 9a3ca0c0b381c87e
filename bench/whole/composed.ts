import { activationIdOf } from '../../src/load/api.ts';
import { Connection } from '../../src/load/connection.ts';
import { callOneByOne, expect200 } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';
import { Disk } from '../floor/disk.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds, repeat } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const LENGTH = 3;
const RULES = 10;
/** Memory for one container: calls of one action run one after the other, in the order in which they came. */
const POOL = ['--pool-memory', '256 MB', '--stem-cells', '0'];

/**
 * What many runs of one request cost, beside as many requests of one run each: a sequence of three, and the fire of a
 * trigger with ten rules, which is on the disk before it is answered. That the tenth rule's run has ended is known by a call behind it in the same line.
 */
export const composed: Scenario = {
  name: 'composed',
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { rounds } = sizes;
    const calls = Math.ceil(sizes.calls / 2);
    const fires = Math.ceil(calls / RULES);
    const node = await BenchNode.start({ sandbox, args: POOL });
    cleanup.add(() => node.stop());
    await deploy(node);
    const { connection, api } = node;
    const bare = await Connection.open(await floors.bareServer());
    const disk = new Disk();
    cleanup.add(() => disk.close());
    const [single, three] = [api.invocation('echo', PAYLOAD), api.invocation('three', PAYLOAD)];
    const fire = post(node, '/triggers/ten');
    const fireAndFollow = async () => {
      const start = performance.now();
      const { status } = await connection.ask(fire);
      if (status !== 202) throw new Error(`a fire was answered ${status}`);
      expect200(await connection.ask(single));
      return (performance.now() - start) * 1000;
    };

    say('warming up');
    await callOneByOne(connection, single, sizes.warmUpCalls);
    await callOneByOne(connection, three, calls);
    await repeat(fires, fireAndFollow);
    await callOneByOne(bare, single, sizes.warmUpCalls);
    const measured = await alternate(
      rounds,
      {
        single: () => callOneByOne(connection, single, calls),
        three: () => callOneByOne(connection, three, calls),
        fire: () => repeat(fires, fireAndFollow),
        http: () => callOneByOne(bare, single, calls),
        disk: async () => disk.writeOneByOne(fires),
      },
      (round) => say(`round ${round} of ${rounds}`),
    );
    bare.close();
    await proveAllRan(node);

    const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
    const times = (count: number) => p50(measured.single).map((one) => one * count);
    return [
      figure({
        ...{ id: `${sandbox}/sequence/p50`, title: `sequence of ${LENGTH}, p50`, unit: 'µs' },
        rounds: p50(measured.three),
        samples: measured.three.flat(),
        floor: { what: `${LENGTH} calls`, parts: { calls: times(LENGTH) } },
      }),
      figure({
        ...{ id: `${sandbox}/fire/p50`, title: `fire of ${RULES} rules, and a call behind them, p50`, unit: 'µs' },
        rounds: p50(measured.fire),
        samples: measured.fire.flat(),
        floor: {
          what: `${RULES + 1} calls + HTTP + a durable write`,
          parts: { calls: times(RULES + 1), HTTP: p50(measured.http), write: p50(measured.disk) },
        },
      }),
    ];
  },
};

async function deploy(node: BenchNode): Promise<void> {
  await node.api.putAction('echo', { code: ECHO });
  const components = Array.from({ length: LENGTH }, () => '/_/echo');
  await put(node, '/actions/three', { exec: { kind: 'sequence', components } });
  await put(node, '/triggers/ten', {});
  for (let n = 0; n < RULES; n++) await put(node, `/rules/ten-${n}`, { trigger: '/_/ten', action: '/_/echo' });
}

/** Each part has a record of its own, and those records say what ran. */
async function proveAllRan({ api, connection }: BenchNode): Promise<void> {
  const sequence = await api.activation(activationIdOf(await connection.ask(api.invocation('three', PAYLOAD))));
  if (sequence.logs.length !== LENGTH) throw new Error(`a sequence has the parts ${sequence.logs.join()}`);
  const last = await api.activation(sequence.logs[LENGTH - 1] as string);
  if (JSON.stringify(last.response.result) !== PAYLOAD) throw new Error(`a part says ${JSON.stringify(last.response)}`);
}

async function put(node: BenchNode, path: string, body: object): Promise<void> {
  expect200(await node.connection.ask(request(node, 'PUT', path, JSON.stringify(body))));
}

function post(node: BenchNode, path: string): Uint8Array {
  return request(node, 'POST', path, PAYLOAD);
}

function request({ auth }: BenchNode, method: 'PUT' | 'POST', path: string, body: string): Uint8Array {
  return encodeRequest({ method, path: `/api/v1/namespaces/_${path}`, auth, body });
}
