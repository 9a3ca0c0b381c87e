import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { buildOnce } from './executable.ts';
import { Floors } from './floor/floors.ts';
import { describeMachine } from './machine.ts';
import type { Figure } from './measure/figure.ts';
import { type Options, OptionsError, readOptions, type SandboxName, sandboxNames, usage } from './options.ts';
import { activation } from './parts/activation.ts';
import { api } from './parts/api.ts';
import { choose } from './parts/choose.ts';
import { frame } from './parts/frame.ts';
import { parameters } from './parts/parameters.ts';
import { measurePart, type Part } from './parts/part.ts';
import { measureRecord } from './parts/record.ts';
import { measureStoring } from './parts/storing.ts';
import { peers } from './peers/peers.ts';
import { Cleanup } from './process/cleanup.ts';
import { judge } from './promises.ts';
import { reportPage } from './report/page.ts';
import { pictureOf } from './report/picture.ts';
import { Progress } from './report/progress.ts';
import { floorsText, machineText, tableOf } from './report/table.ts';
import { burst } from './whole/burst.ts';
import { cold } from './whole/cold.ts';
import { composed } from './whole/composed.ts';
import { idle } from './whole/idle.ts';
import { lists } from './whole/lists.ts';
import { many } from './whole/many.ts';
import { memory } from './whole/memory.ts';
import { overflow } from './whole/overflow.ts';
import { payload } from './whole/payload.ts';
import { prewarmed } from './whole/prewarmed.ts';
import { fullSizes, quickSizes, type Scenario, type Scene } from './whole/scenario.ts';
import { shared } from './whole/shared.ts';
import { spread } from './whole/spread.ts';
import { start } from './whole/start.ts';
import { steps } from './whole/steps.ts';
import { store } from './whole/store.ts';
import { throughput } from './whole/throughput.ts';
import { warm } from './whole/warm.ts';
import { web } from './whole/web.ts';

/** `bun bench`: measures the parts, then whole nodes, beside their floors. See README.md. */

const parts: readonly Part[] = [frame, choose, parameters, activation, api];
const scenarios: readonly Scenario[] = [
  ...[warm, steps, web, composed, payload, prewarmed, cold, burst, many],
  ...[start, idle, memory, throughput, lists, store, shared, overflow, spread, peers],
];
/** Only with a Kafka and a CouchDB. */
const ofSeveral: readonly Scenario[] = [shared, overflow, spread];
const names = [...parts, { name: 'record' }, { name: 'storing' }, ...scenarios].map(({ name }) => name);

const PART_ROUNDS = { full: 5, quick: 3 };
const PART_MS = { full: 100, quick: 60 };

/** One thing that is measured, and how. */
interface Task {
  readonly what: string;
  readonly measure: (progress: Progress) => Promise<Figure[]>;
}

function tasksOf({ only, quick, cluster, peers: withPeers }: Options, sandboxes: readonly SandboxName[]): Task[] {
  const isLeftOut = (name: string) =>
    (name === peers.name && !withPeers) || (!cluster && ofSeveral.some((each) => each.name === name));
  const isWanted = (name: string) => (only ? only.has(name) : !isLeftOut(name));
  const size = quick ? 'quick' : 'full';
  const tasks: Task[] = parts
    .filter(({ name }) => isWanted(name))
    .map((part) => ({ what: part.name, measure: () => measurePart(part, PART_ROUNDS[size], PART_MS[size]) }));
  if (isWanted('record')) tasks.push({ what: 'record', measure: () => measureRecord(PART_ROUNDS[size]) });
  if (isWanted('storing'))
    tasks.push({ what: 'storing', measure: () => measureStoring(PART_ROUNDS[size], cluster?.couchdb) });
  for (const sandbox of sandboxes) {
    for (const scenario of scenarios.filter(({ name }) => isWanted(name))) {
      if (scenario.sandboxes?.includes(sandbox) === false) continue;
      const what = `${scenario.name}, ${sandbox}`;
      tasks.push({ what, measure: (progress) => play(scenario, { sandbox, quick, cluster }, progress) });
    }
  }
  return tasks;
}

async function measure(tasks: readonly Task[], progress: Progress): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const task of tasks) {
    progress.begin(task.what);
    figures.push(...(await task.measure(progress)));
  }
  return figures;
}

/** One scenario with nodes and floors of its own: nothing that another one left is in its way. */
async function play(
  scenario: Scenario,
  { sandbox, quick, cluster }: Pick<Scene, 'sandbox' | 'cluster'> & { readonly quick: boolean },
  progress: Progress,
): Promise<Figure[]> {
  const cleanup = new Cleanup();
  const hurry = () => void cleanup.run().finally(() => process.exit(130));
  process.once('SIGINT', hurry).once('SIGTERM', hurry);
  try {
    return await scenario.measure({
      ...{ sandbox, cluster, cleanup, sizes: quick ? quickSizes : fullSizes },
      floors: new Floors(cleanup),
      executable: buildOnce(cleanup),
      say: (what) => progress.step(what),
    });
  } finally {
    await cleanup.run();
    process.off('SIGINT', hurry).off('SIGTERM', hurry);
  }
}

/** Said before minutes of measuring, and not behind them. @throws OptionsError */
function expectFolderOf(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new OptionsError((error as Error).message);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, names);
  if (options.help) {
    console.log(usage(names));
    return 0;
  }
  const { json, report, picture } = options;
  for (const file of [json, report, picture]) if (file !== undefined) expectFolderOf(file);
  const machine = await describeMachine();
  const wanted = options.sandbox === 'all' ? sandboxNames : [options.sandbox];
  const sandboxes = wanted.filter((name) => name !== 'docker' || machine.docker !== undefined);
  if (sandboxes.length === 0) throw new OptionsError('no Docker engine answers here');
  const tasks = tasksOf(options, sandboxes);
  const progress = new Progress(tasks.length);
  const figures = await measure(tasks, progress);
  progress.end();
  console.log([machineText(machine), tableOf(figures), floorsText(figures)].filter(Boolean).join('\n\n'));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  if (report !== undefined) writeFileSync(report, reportPage(figures, machine));
  if (picture !== undefined) writeFileSync(picture, pictureOf(figures, machine));
  return figures.some((each) => judge(each)?.verdict === 'broken') ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof OptionsError;
  console.error(`bench: ${isUsage ? error.message : (error as Error).stack}`);
  process.exitCode = isUsage ? 2 : 1;
}
// Connections that a failed measurement left open must not keep the bench alive.
process.exit();
