import { describe, expect, test } from 'bun:test';
import type { Exit, Place } from '../../../src/model/place.ts';
import { Decoder, encodeFrame, type FromRuntime } from '../../../src/protocol/frame.ts';
import { LogCollector } from '../../../src/protocol/logs.ts';
import type { Talk } from '../../../src/protocol/protocol.ts';
import { StdioProtocol } from '../../../src/protocol/stdio.ts';

/** A place that keeps what is written to it, each write by itself, and says what it is told to. */
class Listening {
  readonly writes: Uint8Array[] = [];
  #take: (chunk: Uint8Array) => void = () => undefined;
  readonly place: Place = {
    id: 'listening',
    stdio: {
      write: (bytes) => void this.writes.push(bytes),
      onOutput: (listener) => {
        this.#take = listener;
      },
      onErrors: () => undefined,
    },
    exited: new Promise<Exit>(() => undefined),
    resize: async () => undefined,
    pause: async () => undefined,
    resume: async () => undefined,
    destroy: async () => undefined,
  };

  say(frame: FromRuntime): void {
    this.#take(encodeFrame(frame));
  }

  /** The ids of the frames of each write. */
  get ids(): unknown[][] {
    return this.writes.map((bytes) => new Decoder().push(bytes).map(({ id, type }) => id ?? type));
  }
}

async function opened() {
  const listening = new Listening();
  const opening = new StdioProtocol({ resultLimit: 1024 }).open(listening.place);
  listening.say({ type: 'ready', protocol: 1, runtime: 'none', concurrent: true });
  return { listening, talk: await opening };
}

const run = (talk: Talk, activationId: string, isAhead = false) =>
  talk.run({
    ...{ activationId, transactionId: 't', namespace: 'guest', actionName: '/guest/a', actionVersion: '0.0.1' },
    ...{ deadline: 0, apiKey: undefined, args: '{}', logs: new LogCollector(0), isAhead },
  });

/** The end of a turn of the event loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('frames to a runtime', () => {
  test('leave at once when it has nothing else in hand', async () => {
    const { listening, talk } = await opened();
    const first = run(talk, 'a');
    expect(listening.ids).toEqual([['a']]);
    listening.say({ type: 'result', id: 'a', value: '{}' });
    await first;
    void run(talk, 'b');
    expect(listening.ids).toEqual([['a'], ['b']]);
  });

  test('leave in one write, in their order, when several are sent in one turn', async () => {
    const { listening, talk } = await opened();
    for (const id of ['a', 'b', 'c']) void run(talk, id);
    talk.stop();
    expect(listening.ids).toEqual([['a']]);
    await turn();
    expect(listening.ids).toEqual([['a'], ['b', 'c', 'stop']]);
    void run(talk, 'd');
    await turn();
    expect(listening.ids).toEqual([['a'], ['b', 'c', 'stop'], ['d']]);
  });

  test('do not overtake those that wait, even when the calls before them have ended', async () => {
    const { listening, talk } = await opened();
    void run(talk, 'a');
    void run(talk, 'b');
    listening.say({ type: 'result', id: 'a', value: '{}' });
    listening.say({ type: 'result', id: 'b', value: '{}' });
    void run(talk, 'c');
    expect(listening.ids).toEqual([['a']]);
    await turn();
    expect(listening.ids).toEqual([['a'], ['b', 'c']]);
  });
});

describe('a runtime that says that it is about to end', () => {
  test('is asked nothing more, and what it has not begun was not asked of it', async () => {
    const { listening, talk } = await opened();
    const begun = run(talk, 'a');
    const unbegun = run(talk, 'b', true);
    listening.say({ type: 'ending', begun: ['a'] });
    await expect(unbegun).rejects.toMatchObject({ message: 'it was about to end', isUnsent: true });
    await expect(run(talk, 'c')).rejects.toMatchObject({ message: 'it was about to end', isUnsent: true });
    await turn();
    expect(listening.ids.flat()).toEqual(['a', 'b']);
    // What it has begun may still be answered.
    listening.say({ type: 'result', id: 'a', value: '{}' });
    expect(await begun).toMatchObject({ type: 'result' });
  });

  test('must say what it has begun', async () => {
    const { listening, talk } = await opened();
    const asked = run(talk, 'a');
    listening.say({ type: 'ending', begun: 'a' as unknown as string[] });
    await expect(asked).rejects.toMatchObject({
      message: 'it ended without saying what it has begun',
      isUnsent: false,
    });
  });
});

describe('runs that are sent ahead', () => {
  test('are taken by a runtime that says so', async () => {
    expect((await opened()).talk.takesAhead).toBe(false);
    const listening = new Listening();
    const opening = new StdioProtocol({ resultLimit: 1024 }).open(listening.place);
    listening.say({ type: 'ready', protocol: 1, runtime: 'none', concurrent: true, ahead: true });
    expect((await opening).takesAhead).toBe(true);
  });

  test('are marked', async () => {
    const { listening, talk } = await opened();
    void run(talk, 'a');
    void run(talk, 'b', true);
    await turn();
    const frames = listening.writes.flatMap((bytes) => new Decoder().push(bytes));
    expect(frames.map(({ id, ahead }) => [id, ahead])).toEqual([
      ['a', undefined],
      ['b', true],
    ]);
  });

  test('are given back when they are recalled, once for each time', async () => {
    const { listening, talk } = await opened();
    const asked = ['a', 'b', 'c'].map((id, n) => run(talk, id, n > 0));
    talk.recall();
    talk.recall();
    await turn();
    expect(listening.ids.flat()).toEqual(['a', 'b', 'c', 'recall']);
    listening.say({ type: 'recalled', ids: ['b', 'c'] });
    listening.say({ type: 'result', id: 'a', value: '{}', took: 17 });
    expect(await Promise.all(asked)).toEqual([
      { type: 'result', value: '{}', tookUs: 17 },
      { type: 'unbegun' },
      { type: 'unbegun' },
    ]);
    talk.recall();
    expect(listening.ids.flat().at(-1)).toBe('recall');
  });

  test.each([
    ['what nobody recalled', false, ['a'], 'it gave back what nobody recalled'],
    ['no list', true, 'a', 'it gave back what nobody recalled'],
    ['what is not there', true, ['x'], 'it answered what nobody asked'],
  ])('are a fault of the runtime that gives back %s', async (_what, isRecalled, ids, why) => {
    const { listening, talk } = await opened();
    const asked = run(talk, 'a');
    if (isRecalled) talk.recall();
    listening.say({ type: 'recalled', ids: ids as string[] });
    await expect(asked).rejects.toThrow(why);
  });
});
