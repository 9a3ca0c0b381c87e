import { Packr, RESERVE_START_SPACE, unpack } from 'msgpackr';
import { hear } from '../process/lines.ts';
import { openContainer } from './container.ts';
import { openPipes } from './pipes.ts';

/**
 * The floor of the talk with a runtime: one frame to a child and one back, with nothing before, between and
 * behind. A program of its own: `frames.ts pipe|attach`; told a number, it makes so many round trips and prints their
 * microseconds as JSON.
 */

/** The two ends of a stream to `echo.ts`. */
export interface Wire {
  write(bytes: Uint8Array): void;
  onOutput(listener: (chunk: Uint8Array) => void): void;
}

const HEADER_BYTES = 4;
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** What a warm call sends. */
const frame = {
  type: 'run',
  id: 'a'.repeat(32),
  value: '{"name":"Whisklet"}',
  env: { __OW_ACTIVATION_ID: 'a'.repeat(32), __OW_TRANSACTION_ID: 'b'.repeat(32), __OW_DEADLINE: '1700000000000' },
  logLimit: 10 * 1024 * 1024,
};

function roundTrips(wire: Wire): (count: number) => Promise<number[]> {
  let answered: () => void = () => undefined;
  wire.onOutput((chunk) => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (bytes.readUInt32BE(0) !== bytes.length - HEADER_BYTES) throw new Error('a torn frame');
    const { value } = unpack(bytes.subarray(HEADER_BYTES)) as { value: string };
    if (value !== frame.value) throw new Error('another value');
    answered();
  });
  const send = () => {
    const bytes = packr.pack(frame, RESERVE_START_SPACE + HEADER_BYTES);
    bytes.writeUInt32BE(bytes.length - HEADER_BYTES);
    wire.write(bytes);
  };
  return (count) => {
    const { promise, resolve } = Promise.withResolvers<number[]>();
    const samples: number[] = [];
    let start = 0;
    const next = () => {
      if (samples.length === count) return resolve(samples);
      start = performance.now();
      send();
    };
    answered = () => {
      samples.push((performance.now() - start) * 1000);
      next();
    };
    next();
    return promise;
  };
}

const { wire, close } = process.argv[2] === 'attach' ? await openContainer() : openPipes();
const measure = roundTrips(wire);
await measure(1000);
console.log('ready');
hear(async (line) => {
  if (line === 'end') await close();
  else console.log(JSON.stringify(await measure(Number(line))));
});
