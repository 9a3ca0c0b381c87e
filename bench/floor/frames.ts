import { hear } from '../process/lines.ts';
import { openWire, talk, type Wire } from './wire.ts';

/**
 * The floor of the talk with a runtime: one frame to a child and one back, with nothing before, between and
 * behind. A program of its own: `frames.ts pipe|attach`; told `{"count": 5, "value": "…"}`, it makes so many round trips and prints
 * their microseconds as JSON.
 */

const VALUE = '{"name":"Whisklet"}';

function roundTrips(wire: Wire): (count: number, value?: string) => Promise<number[]> {
  let answered: (value: string) => void = () => undefined;
  const send = talk(wire, (value) => answered(value));
  return (count, sent = VALUE) => {
    const { promise, resolve } = Promise.withResolvers<number[]>();
    const samples: number[] = [];
    let start = 0;
    const next = () => {
      if (samples.length === count) return resolve(samples);
      start = performance.now();
      send(sent);
    };
    answered = (value) => {
      samples.push((performance.now() - start) * 1000);
      if (value !== sent) throw new Error('another value came back');
      next();
    };
    next();
    return promise;
  };
}

const { wire, close } = await openWire(process.argv[2]);
const measure = roundTrips(wire);
await measure(1000);
console.log('ready');
hear(async (line) => {
  if (line === 'end') return close();
  const { count, value } = JSON.parse(line) as { count: number; value?: string };
  console.log(JSON.stringify(await measure(count, value)));
});
