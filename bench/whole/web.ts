import { callOneByOne, expect200 } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { PAYLOAD, type Scenario } from './scenario.ts';

/** Answers what it is sent as a page of JSON, without the context that only a web request brings. */
const CODE = 'function main({ name }) { return { body: { name } }; }';

/** What the web costs: an action called by anybody, beside the same action called with a key. */
export const web: Scenario = {
  name: 'web',
  async measure({ sandbox, sizes, cleanup, say }) {
    const { rounds, calls, warmUpCalls } = sizes;
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    const { connection, api, auth } = node;
    const body = { exec: { kind: 'nodejs:default', code: CODE }, annotations: [{ key: 'web-export', value: true }] };
    const path = '/api/v1/namespaces/_/actions/page';
    expect200(await connection.ask(encodeRequest({ method: 'PUT', path, auth, body: JSON.stringify(body) })));
    const invocation = api.invocation('page', PAYLOAD);
    const request = encodeRequest({ method: 'POST', path: '/api/v1/web/guest/default/page', body: PAYLOAD });
    await proveItIsTheSame(node, request);

    say('warming up');
    await callOneByOne(connection, invocation, warmUpCalls);
    await callOneByOne(connection, request, warmUpCalls);
    const measured = await alternate(
      rounds,
      {
        web: () => callOneByOne(connection, request, calls),
        call: () => callOneByOne(connection, invocation, calls),
      },
      (round) => say(`round ${round} of ${rounds}`),
    );

    const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
    return [
      figure({
        ...{ id: `${sandbox}/web/p50`, title: 'web action, p50', unit: 'µs' },
        rounds: p50(measured.web),
        samples: measured.web.flat(),
        floor: { what: 'blocking call', parts: { call: p50(measured.call) } },
      }),
    ];
  },
};

async function proveItIsTheSame({ connection }: BenchNode, request: Uint8Array): Promise<void> {
  const { status, body } = await connection.ask(request);
  if (status === 200 && JSON.stringify(JSON.parse(body.toString())) === PAYLOAD) return;
  throw new Error(`a web action was answered ${status}: ${body.toString()}`);
}
