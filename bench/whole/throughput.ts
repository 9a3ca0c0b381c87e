import { Crowd } from '../../src/load/load.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { alternate } from '../measure/rounds.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario, type Scene } from './scenario.ts';

const LEVELS = [1, 16, 64];
/** A pool that still grows after so many loads is measured as it is. */
const WARM_UP_LOADS = 20;

/**
 * Answers a second to so many connections at once: of an action that takes one call at once in a container, as is
 * the default, and of one that takes many.
 */
export const throughput: Scenario = {
  name: 'throughput',
  async measure(scene) {
    const node = await BenchNode.start({ sandbox: scene.sandbox });
    scene.cleanup.add(() => node.stop());
    const figures: Figure[] = [];
    // In this order, because the containers of the second one would be in the way of the first.
    for (const { kind, title, concurrency } of [
      { kind: 'throughput-shared', title: 'shared container', concurrency: 100 },
      { kind: 'throughput', title: 'warm', concurrency: 1 },
    ]) {
      await node.api.putAction(kind, { code: ECHO, concurrency });
      for (const level of LEVELS) {
        scene.say(`${title}, ${level} connections`);
        figures.push(await measureLevel(scene, node, { action: kind, title, level }));
      }
      await node.api.deleteAction(kind);
    }
    return figures;
  },
};

interface Level {
  readonly action: string;
  readonly title: string;
  /** Connections. */
  readonly level: number;
}

async function measureLevel(scene: Scene, node: BenchNode, { action, title, level }: Level): Promise<Figure> {
  const { sandbox, sizes, floors } = scene;
  const request = node.api.invocation(action, PAYLOAD);
  const ours = await Crowd.open(node.address, level);
  const hono = await Crowd.open(await floors.honoServer(), level);
  await hono.press(request, sizes.loadMs);
  await growPool(node, ours, request, sizes.loadMs);
  const perSecond = async (crowd: Crowd) => [(await crowd.press(request, sizes.loadMs)).perSecond];
  const measured = await alternate(sizes.slowRounds, { node: () => perSecond(ours), hono: () => perSecond(hono) });
  ours.close();
  hono.close();
  return figure({
    id: `${sandbox}/${action}/${level}`,
    title: `${title}, ${level} connection${level === 1 ? '' : 's'}`,
    ...{ unit: '/s', better: 'higher' },
    rounds: measured.node.flat(),
    floor: { what: 'Hono', parts: { Hono: measured.hono.flat() } },
  });
}

/** Load, until it starts no more containers. */
export async function growPool(
  node: BenchNode,
  crowd: Crowd,
  request: Uint8Array | (() => Uint8Array),
  ms: number,
): Promise<void> {
  const started = async () => {
    const { cold, prewarmed } = (await node.status()).starts;
    return cold + prewarmed;
  };
  for (let load = 0, before = -1, now = 0; load < WARM_UP_LOADS && now !== before; load++) {
    before = await started();
    await crowd.press(request, ms);
    now = await started();
  }
}
