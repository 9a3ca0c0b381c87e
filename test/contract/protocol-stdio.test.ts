import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { StdioProtocol } from '../../src/protocol/stdio.ts';
import { overFifos, PipePlace } from '../util/pipe-place.ts';
import { faultOf, init, run, testProtocol, texts } from './protocol.ts';

const folder = join(import.meta.dir, '../fixture/runtime');
const protocol = new StdioProtocol({ resultLimit: 1024 * 1024 });
const commandOf = (name: string, ...parameters: readonly string[]) => [
  process.execPath,
  join(folder, `${name}.ts`),
  ...parameters,
];
const start = (name: string, ...parameters: readonly string[]) => new PipePlace(commandOf(name, ...parameters));
const startOverFifos: typeof start = (...command) => new PipePlace(overFifos(commandOf(...command)));

for (const [way, begin] of [
  ['stdio', start],
  ['stdio over FIFOs', startOverFifos],
] as const) {
  testProtocol(way, { protocol, place: (name, when) => begin(name, ...(when ? [when] : [])) });
}

const places: PipePlace[] = [];
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.destroy()));
});

const initialized = (name: string, ...parameters: readonly string[]) => initializedIn(start(name, ...parameters));

async function initializedIn(place: PipePlace) {
  places.push(place);
  const talk = await protocol.open(place);
  expect(await init(talk).answer).toEqual({ type: 'result', value: '' });
  return talk;
}

describe('stdio: frames', () => {
  test('may come byte by byte', async () => {
    const { answer, logs } = run(await initialized('split'), { a: '☃' });
    expect(await answer).toEqual({ type: 'result', value: '{"a":"☃"}' });
    expect(texts(logs)).toEqual(['stdout: in pieces ☃']);
  });

  test('of calls at once find their own call', async () => {
    const talk = await initialized('tiny');
    expect(talk.concurrent).toBe(true);
    const held = run(talk, { hold: true }, 'a');
    const next = run(talk, {}, 'b');
    const [first, second] = await Promise.all([held.answer, next.answer]);
    expect(first).toMatchObject({
      type: 'result',
      value: expect.stringContaining('"__OW_ACTIVATION_ID":"a"') as string,
    });
    expect(second).toMatchObject({
      type: 'result',
      value: expect.stringContaining('"__OW_ACTIVATION_ID":"b"') as string,
    });
    expect(texts(held.logs)).toEqual(['stdout: run out', 'stderr: run err ☃']);
    expect(texts(next.logs)).toEqual(['stdout: run out', 'stderr: run err ☃']);
  });

  test('are never two for the same activation', async () => {
    const talk = await initialized('tiny');
    const held = run(talk, { hold: true });
    await expect(run(talk).answer).rejects.toThrow('under way in this container already');
    await run(talk, {}, 'b').answer;
    expect(await held.answer).toMatchObject({ type: 'result' });
  });

  test('tell the runtime to stop', async () => {
    const talk = await initialized('tiny');
    talk.stop();
    expect((await (places[0] as PipePlace).exited).code).toBe(0);
    talk.stop();
  });
});

describe('stdio: a runtime is at fault', () => {
  const sins: Readonly<Record<string, string>> = {
    'two-gigabytes': 'it announced a frame of 2147483648 bytes',
    'over-the-cap': 'it announced a frame of 8388609 bytes',
    'empty-frame': 'it sent an empty frame',
    'not-a-map': 'it sent a frame without a type',
    'no-type': 'it sent a frame without a type',
    'unknown-type': "it sent a frame of the unknown type 'hello'",
    'ready-again': 'it said twice that it is ready',
    'another-answer': 'it answered what nobody asked',
    'no-id': "it sent a frame whose 'id' is not a text",
    'value-not-text': "it sent a frame whose 'value' is not a text",
    'size-not-number': "it sent a result whose 'size' is not a whole number",
    'error-not-text': "it sent a frame whose 'error' is not a text",
    'lines-not-list': 'it sent a log without lines',
    'line-not-list': 'it sent a log line that is not a list',
    'line-of-stream-3': 'it sent a log line of the wrong shape',
    'line-without-time': 'it sent a log line of the wrong shape',
  };
  for (const [sin, fault] of Object.entries(sins)) {
    test(`for ${sin.replaceAll('-', ' ')}, and for all that is asked after it`, async () => {
      const talk = await initialized('liar', sin);
      expect(await faultOf(run(talk).answer)).toBe(fault);
      expect(await faultOf(run(talk, {}, 'b').answer)).toBe(fault);
      talk.stop();
    });
  }

  test('for another version of the protocol', async () => {
    const place = start('liar', 'version-2');
    places.push(place);
    expect(await faultOf(protocol.open(place))).toBe('it speaks version 2 of the protocol');
  });

  test('for answering twice: the first answer counts', async () => {
    const talk = await initialized('liar', 'two-answers');
    expect(await run(talk).answer).toEqual({ type: 'result', value: '{}' });
    expect(await faultOf(run(talk, {}, 'b').answer)).toBe('it answered what nobody asked');
  });

  test('for logs without end', async () => {
    const { answer, logs } = run(await initialized('flood'), {}, 'a', 1000);
    expect(await faultOf(answer)).toBe('it flooded the log');
    expect(logs.lines.length).toBe(11);
  });

  test.each([
    ['', start],
    [' in a FIFO', startOverFifos],
  ])('for a frame that is cut off%s', async (_, begin) => {
    const faultAfter = async (bytes: number) => faultOf(run(await initializedIn(begin('torn', `${bytes}`))).answer);
    for (const bytes of [1, 4, 20]) expect(await faultAfter(bytes)).toBe('it ended in the middle of a frame');
    expect(await faultAfter(0)).toBe('it ended');
  });
});
