import { hear } from '../process/lines.ts';
import { talk, wires } from './wire.ts';

/**
 * The floor of a start: a bare process, or a bare container, from its creation to the answer of its first frame. A program of its
 * own: `starts.ts pipe|attach`; told a number, it makes so many, one after the other, and prints their milliseconds as JSON.
 */
const source = await wires(process.argv[2]);

async function once(): Promise<number> {
  const start = performance.now();
  const { wire, close } = await source.open();
  const { promise, resolve } = Promise.withResolvers<string>();
  talk(wire, resolve)('{}');
  await promise;
  const ms = performance.now() - start;
  await close();
  return ms;
}

await once();
console.log('ready');
hear(async (line) => {
  if (line === 'end') {
    await source.close();
    return;
  }
  const samples: number[] = [];
  for (let n = 0; n < Number(line); n++) samples.push(await once());
  console.log(JSON.stringify(samples));
});
