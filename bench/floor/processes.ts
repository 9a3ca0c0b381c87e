import { hear } from '../process/lines.ts';
import { openPipes } from './pipes.ts';
import { talk } from './wire.ts';

/**
 * The floor of many actions: what is lost because there are many processes, whoever talks with them. A frame to a bare child and
 * back, with so many under way at once, to a child taken at random among those that have room: a few children have several
 * under way each, of many each has one. A program of its own: `processes.ts most together`; told `{"count": 100, "ms": 500}`, it
 * uses so many children for so long, and prints the answers a second.
 */
const [most, together] = process.argv.slice(2).map(Number) as [number, number];

/** One child: resolves with its answer. */
type Ask = () => Promise<unknown>;

function child(): { ask: Ask; close: () => Promise<void> } {
  const { wire, close } = openPipes();
  /** Answers come in the order of the questions. */
  const waiting: ((value: string) => void)[] = [];
  const send = talk(wire, (value) => waiting.shift()?.(value));
  const ask = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    waiting.push(resolve);
    send('{"name":"Whisklet"}');
    return promise;
  };
  return { ask, close };
}

const children = Array.from({ length: most }, child);

async function press(count: number, ms: number): Promise<number> {
  const each = Math.ceil(together / count);
  const rooms = children.slice(0, count).flatMap((one) => Array<(typeof children)[number]>(each).fill(one));
  const end = performance.now() + ms;
  let answers = 0;
  const keepAsking = async () => {
    while (performance.now() < end) {
      const [taken] = rooms.splice(Math.floor(Math.random() * rooms.length), 1) as [(typeof children)[number]];
      await taken.ask();
      rooms.push(taken);
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
