import { hear } from '../process/lines.ts';
import { openPipes } from './pipes.ts';
import { talk } from './wire.ts';

/**
 * The floor of many actions: what is lost because there are many processes, whoever talks with them. A frame to a bare child and
 * back, with so many under way at once, to a child taken at random among the idle ones. A program of its own: `processes.ts most
 * together`; told `{"count": 100, "ms": 500}`, it uses so many children for so long, and prints the answers a second.
 */
const [most, together] = process.argv.slice(2).map(Number) as [number, number];

/** One child: resolves with its answer. */
type Ask = () => Promise<unknown>;

function child(): { ask: Ask; close: () => Promise<void> } {
  const { wire, close } = openPipes();
  let answered: (value: string) => void = () => undefined;
  const send = talk(wire, (value) => answered(value));
  const ask = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    answered = resolve;
    send('{"name":"Whisklet"}');
    return promise;
  };
  return { ask, close };
}

const children = Array.from({ length: most }, child);

async function press(count: number, ms: number): Promise<number> {
  const idle = children.slice(0, count);
  const end = performance.now() + ms;
  let answers = 0;
  const keepAsking = async () => {
    while (performance.now() < end) {
      const [taken] = idle.splice(Math.floor(Math.random() * idle.length), 1) as [(typeof children)[number]];
      await taken.ask();
      idle.push(taken);
      answers++;
    }
  };
  await Promise.all(Array.from({ length: together }, keepAsking));
  return (answers / ms) * 1000;
}

for (const { ask } of children) await ask();
console.log('ready');
hear(async (line) => {
  if (line === 'end') {
    await Promise.all(children.map(({ close }) => close()));
    return;
  }
  const { count, ms } = JSON.parse(line) as { count: number; ms: number };
  console.log(JSON.stringify(await press(count, ms)));
});
