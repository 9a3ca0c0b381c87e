import { Packr, RESERVE_START_SPACE, unpack } from 'msgpackr';
import { prepareContainers } from './container.ts';
import { openPipes } from './pipes.ts';

/** The two ends of a stream to `echo.ts`. */
export interface Wire {
  write(bytes: Uint8Array): void;
  onOutput(listener: (chunk: Uint8Array) => void): void;
}

/** Where such streams come from. */
export interface Source {
  readonly open: () => Promise<Opened> | Opened;
  readonly close: () => Promise<unknown>;
}

/** @param how `pipe`: a child of this process; `attach`: a Docker container */
export async function wires(how: string | undefined): Promise<Source> {
  return how === 'attach' ? prepareContainers() : { open: openPipes, close: async () => undefined };
}

/** One of them, with all that it needs. */
export async function openWire(how: string | undefined): Promise<Opened> {
  const source = await wires(how);
  const { wire, close } = await source.open();
  return {
    wire,
    async close() {
      await close();
      await source.close();
    },
  };
}

export interface Opened {
  readonly wire: Wire;
  readonly close: () => Promise<void>;
}

const HEADER_BYTES = 4;
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** What a warm call sends, with this value. */
const frame = (value: string) => ({
  type: 'run',
  id: 'a'.repeat(32),
  value,
  env: { __OW_ACTIVATION_ID: 'a'.repeat(32), __OW_TRANSACTION_ID: 'b'.repeat(32), __OW_DEADLINE: '1700000000000' },
  logLimit: 10 * 1024 * 1024,
});

/** Sends one frame after the other; `onAnswer` hears the value of each, which is the one that was sent. */
export function talk(wire: Wire, onAnswer: (value: string) => void): (value: string) => void {
  let rest: Buffer[] = [];
  wire.onOutput((chunk) => {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (rest.length > 0) {
      rest.push(Buffer.from(bytes));
      if ((rest[0] as Buffer).length < HEADER_BYTES) rest = [Buffer.concat(rest)];
      const have = rest.reduce((sum, each) => sum + each.length, 0);
      if (have < HEADER_BYTES || have < lengthOf(rest[0] as Buffer)) return;
      bytes = Buffer.concat(rest);
      rest = [];
    }
    // Small answers come whole, and several at once; the pieces of a large one are kept, whose memory is used again.
    for (; bytes.length >= HEADER_BYTES && bytes.length >= lengthOf(bytes); bytes = bytes.subarray(lengthOf(bytes))) {
      onAnswer(valueIn(bytes.subarray(0, lengthOf(bytes))));
    }
    if (bytes.length > 0) rest = [Buffer.from(bytes)];
  });
  return (value) => {
    const bytes = packr.pack(frame(value), RESERVE_START_SPACE + HEADER_BYTES);
    bytes.writeUInt32BE(bytes.length - HEADER_BYTES);
    wire.write(bytes);
  };
}

/** Of the frame that begins here, with its header. */
function lengthOf(bytes: Buffer): number {
  return HEADER_BYTES + bytes.readUInt32BE(0);
}

function valueIn(frame: Buffer): string {
  return (unpack(frame.subarray(HEADER_BYTES)) as { value: string }).value;
}
