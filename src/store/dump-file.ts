import { open } from 'node:fs/promises';
import { type Item, itemTypes } from './dump.ts';
import { StoreRefused } from './store.ts';

/**
 * The file of `whisklet db export`: lines of JSON, read and written one by one, so that its size does not matter.
 *
 *     {"whisklet":"export","version":1,"at":1700000000000}
 *     {"type":"subject","subject":{…}}
 *     {"type":"limits","namespace":"guest","limits":{…}}
 *     {"type":"entity","entity":{…},"code":"…"}
 *     {"type":"activation","activation":{…,"response":{"status":"success","result":"<JSON text>"}}}
 *     {"type":"end","items":4}
 *
 * Without its last line it is not whole. There are keys in it: only its owner may read it.
 */
const VERSION = 1;
/** Lines are written when there is so much of them, in characters. */
const CHUNK = 1024 * 1024;

/**
 * Writes a new file; answers how many things are in it.
 *
 * @param now milliseconds since the epoch
 * @throws when there is such a file, or no place for it
 */
export async function writeDump(path: string, items: AsyncIterable<Item>, now: number): Promise<number> {
  await using file = await open(path, 'wx', 0o600);
  let chunk = `${JSON.stringify({ whisklet: 'export', version: VERSION, at: now })}\n`;
  let count = 0;
  for await (const item of items) {
    chunk += `${JSON.stringify(item)}\n`;
    count++;
    if (chunk.length < CHUNK) continue;
    await file.writeFile(chunk);
    chunk = '';
  }
  await file.writeFile(`${chunk}${JSON.stringify({ type: 'end', items: count })}\n`);
  await file.sync();
  return count;
}

/** What is in the file, in its order. @throws StoreRefused when it is not such a file, or not whole; what came before is given */
export async function* readDump(path: string): AsyncGenerator<Item> {
  await using file = await open(path, 'r');
  let count = 0;
  let number = 0;
  let isWhole = false;
  for await (const line of file.readLines()) {
    number++;
    const value = parse(line, path, number);
    if (number === 1) checkHead(value, path);
    else if (isWhole) throw new StoreRefused(`${path}: there is more after the end, in line ${number}.`);
    else if (value.type === 'end') isWhole = checkEnd(value, count, path);
    else {
      count++;
      yield checkItem(value, path, number);
    }
  }
  if (!isWhole) throw new StoreRefused(`${path} is not whole: its last line is missing.`);
}

/** Reads all of it and keeps nothing: whether it can be imported. @throws StoreRefused */
export async function checkDump(path: string): Promise<void> {
  for await (const _item of readDump(path));
}

type Line = Readonly<Record<string, unknown>>;

function parse(line: string, path: string, number: number): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Line;
  } catch {
    // Said below.
  }
  throw new StoreRefused(`${path}: line ${number} is not a JSON object.`);
}

function checkHead({ whisklet, version }: Line, path: string): void {
  if (whisklet !== 'export') throw new StoreRefused(`${path} is not an export of Whisklet.`);
  if (version !== VERSION)
    throw new StoreRefused(`${path} was written by another version of Whisklet (format ${version}).`);
}

function checkEnd({ items }: Line, count: number, path: string): true {
  if (items !== count)
    throw new StoreRefused(`${path} is not whole: it has ${count} things, and says that it has ${items}.`);
  return true;
}

function checkItem(value: Line, path: string, number: number): Item {
  if ((itemTypes as readonly unknown[]).includes(value.type)) return value as unknown as Item;
  throw new StoreRefused(`${path}: line ${number} is of no known type: '${value.type}'.`);
}
