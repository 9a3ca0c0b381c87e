import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Events } from '../../../src/observe/events.ts';
import type { FifoStreams } from '../../../src/sandbox/docker/fifo-streams.ts';
import { DockerFifos } from '../../../src/sandbox/docker/fifos.ts';
import { DockerError } from '../../../src/sandbox/docker.ts';

let data: string;
let folder: string;
let second: string;
let said: string[];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'whisklet-fifos-'));
  folder = join(data, 'first');
  second = join(data, 'second');
  said = [];
});
afterEach(() => rmSync(data, { recursive: true }));

function fifosIn(...folders: string[]): DockerFifos {
  const events = new Events();
  events.said.subscribe(({ text }) => said.push(text));
  return new DockerFifos({ folders, events });
}

const refusal = (path: string) =>
  new DockerError('refused', `invalid mount config: source path does not exist: ${path}`);

/** Where it makes them now. */
async function placeOf(fifos: DockerFifos): Promise<string | undefined> {
  const made = fifos.make('whisklet-probe-1');
  await made?.close();
  return made && dirname(made.folder);
}

test('a container gets a folder of its own, in one that nobody else may enter', async () => {
  const fifos = fifosIn(folder, second);
  const made = [fifos.make('whisklet-a-1'), fifos.make('whisklet-a-2')];
  expect(made.map((each) => each?.folder)).toEqual([join(folder, 'whisklet-a-1'), join(folder, 'whisklet-a-2')]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await Promise.all(made.map((each) => each?.close()));
  expect(readdirSync(folder)).toEqual([]);
  expect(said).toEqual([]);
});

test('there are none where there is no folder for them: the engine is on another machine', () => {
  expect(fifosIn().make('whisklet-a-1')).toBeUndefined();
  expect(said).toEqual([]);
});

test('where the engine refuses one folder the next is taken, and after the last there are none, which is said once', async () => {
  const fifos = fifosIn(folder, second);
  const [one, other] = [fifos.make('whisklet-a-1'), fifos.make('whisklet-a-2')] as [FifoStreams, FifoStreams];
  expect(fifos.areRefused(one, refusal(one.folder))).toBe(true);
  // It was under way already.
  expect(fifos.areRefused(other, refusal(other.folder))).toBe(true);
  expect(said).toEqual([]);
  const third = fifos.make('whisklet-a-3') as FifoStreams;
  expect(dirname(third.folder)).toBe(second);
  expect(fifos.areRefused(third, refusal(third.folder))).toBe(true);
  expect(fifos.areRefused(third, refusal(third.folder))).toBe(true);
  expect(await placeOf(fifos)).toBeUndefined();
  expect(said).toEqual([expect.stringContaining(third.folder)]);
  await Promise.all([one.close(), other.close(), third.close()]);
});

test('whatever else the engine refuses is nothing to them', async () => {
  const fifos = fifosIn(folder);
  const one = fifos.make('whisklet-a-1') as FifoStreams;
  for (const error of [refusal(join(folder, 'else')), new DockerError('missing', 'no image'), new Error(one.folder)]) {
    expect(fifos.areRefused(one, error)).toBe(false);
  }
  await one.close();
  expect(await placeOf(fifos)).toBe(folder);
});

test('a folder that this host does not let it make is left, too', async () => {
  expect(await placeOf(fifosIn(join(data, 'no', 'such'), second))).toBe(second);
  expect(await placeOf(fifosIn(join(data, 'no', 'such')))).toBeUndefined();
  expect(said.length).toBe(1);
});

test.each([
  ['a link', () => symlinkSync(second, folder)],
  ['open to others', () => chmodSync(folder, 0o755)],
  ['a file', () => writeFileSync(folder, '')],
])('one that somebody has laid there is neither used nor swept: %s', async (what, lay) => {
  mkdirSync(second, { mode: 0o700 });
  writeFileSync(join(second, 'precious'), '');
  if (what === 'open to others') {
    mkdirSync(folder);
    writeFileSync(join(folder, 'precious'), '');
  }
  lay();
  const fifos = fifosIn(folder);
  expect(await placeOf(fifos)).toBeUndefined();
  await fifos.sweep('a');
  await fifos.close();
  expect(existsSync(join(second, 'precious'))).toBe(true);
  expect(existsSync(folder)).toBe(true);
  if (what === 'open to others') expect(readdirSync(folder)).toEqual(['precious']);
});

test('what other runs left is swept, and nothing of this one', async () => {
  const fifos = fifosIn(folder, second);
  const mine = fifos.make('whisklet-a-1');
  for (const place of [folder, second]) {
    mkdirSync(join(place, 'whisklet-b-1'), { recursive: true, mode: 0o700 });
    writeFileSync(join(place, 'whisklet-b-1', 'in'), '');
  }
  await fifos.sweep('a');
  expect([readdirSync(folder), readdirSync(second)]).toEqual([['whisklet-a-1'], []]);
  await mine?.close();
});

test('closing takes the folders away, but none that is in use', async () => {
  const fifos = fifosIn(folder);
  await fifos.close();
  const made = fifos.make('whisklet-a-1');
  await fifos.close();
  expect(readdirSync(folder)).toEqual(['whisklet-a-1']);
  await made?.close();
  await fifos.close();
  expect(readdirSync(data)).toEqual([]);
});
