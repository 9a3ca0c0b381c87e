import { readSync, writeSync } from 'node:fs';
import { Packr, RESERVE_START_SPACE, unpack } from 'msgpackr';

/**
 * The other end of the floor of frames: reads one frame after the other from stdin, in the way that is fastest
 * of all (it waits in `read`), and answers each with its value. It does nothing that a runtime must do besides.
 * It stands alone, because it is also bundled for a container.
 */
const HEADER_BYTES = 4;
let input = Buffer.alloc(64 * 1024);
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Fills the input up to at least `wanted` bytes; answers how many there are. */
function fill(have: number, wanted: number): number {
  let total = have;
  if (wanted > input.length) {
    const larger = Buffer.alloc(wanted);
    input.copy(larger, 0, 0, have);
    input = larger;
  }
  while (total < wanted) {
    const count = readSync(0, input, total, input.length - total, null);
    if (count === 0) process.exit(0);
    total += count;
  }
  return total;
}

for (let have = 0; ; ) {
  have = fill(have, HEADER_BYTES);
  const length = HEADER_BYTES + input.readUInt32BE(0);
  have = fill(have, length);
  const { id, value } = unpack(input.subarray(HEADER_BYTES, length)) as { id: string; value: string };
  const answer = packr.pack({ type: 'result', id, value }, RESERVE_START_SPACE + HEADER_BYTES);
  answer.writeUInt32BE(answer.length - HEADER_BYTES);
  for (let sent = 0; sent < answer.length; ) sent += writeSync(1, answer, sent);
  // The beginning of the next ones may have come along.
  if (have > length) input.copyWithin(0, length, have);
  have -= length;
}
