import { describe, expect, test } from 'bun:test';
import { BenchActions } from '../../../src/load/actions.ts';
import { Api } from '../../../src/load/api.ts';
import { NoAnswer } from '../../../src/load/line.ts';
import { errorOf } from '../../util/errors.ts';

/** A host that has actions; `refuse` answers which creations it refuses. One request at a time on each connection, as on a real one. */
class Host {
  readonly actions = new Set<string>();
  readonly #refuse: (name: string) => boolean;
  /** What it was asked to remove. */
  readonly deletions: string[] = [];
  isSilent = false;

  constructor(refuse: (name: string) => boolean) {
    this.#refuse = refuse;
  }

  connection(): Api {
    let isBusy = false;
    return new Api(
      {
        ask: async (request) => {
          expect(isBusy).toBe(false);
          isBusy = true;
          for (let turn = 0; turn < 5; turn++) await Promise.resolve();
          isBusy = false;
          const [method = '', path = ''] = Buffer.from(request).toString().split(' ');
          const name = /actions\/([^? ]+)/.exec(path)?.[1] ?? '';
          if (method === 'DELETE') this.deletions.push(name);
          if (this.isSilent) throw new NoAnswer('no answer');
          return { status: this.#answer(method, name), head: '', body: Buffer.from('{}') };
        },
      },
      'uuid:key',
    );
  }

  #answer(method: string, name: string): number {
    if (method === 'DELETE') return this.actions.delete(name) ? 200 : 404;
    if (this.#refuse(name)) return 400;
    this.actions.add(name);
    return 200;
  }
}

const bench = (host: Host) =>
  new BenchActions({ apis: [host.connection(), host.connection()], kind: 'nodejs:20', code: '', prefix: 'b' });

describe('the actions of a bench', () => {
  test('are all taken away', async () => {
    const host = new Host(() => false);
    const actions = bench(host);
    await actions.makeAll(5);
    expect(host.actions.size).toBe(5);
    await actions.removeAll();
    expect(host.actions.size).toBe(0);
  });

  test('are all taken away when one could not be made, and the reason is that of the host', async () => {
    const host = new Host((name) => name === 'b-3');
    const actions = bench(host);
    expect(await errorOf(actions.makeAll(20))).toMatchObject({ message: expect.stringContaining('was answered 400') });
    await actions.removeAll();
    for (let turn = 0; turn < 500; turn++) await Promise.resolve();
    expect([...host.actions]).toEqual([]);
  });

  test('that the host refused are not there, and nobody is told that they are', async () => {
    const host = new Host(() => true);
    const actions = bench(host);
    await errorOf(actions.make());
    expect([await actions.removeAll(), host.deletions]).toEqual([undefined, []]);
  });

  test('stay, and it is said which, when the host answers no more: not each of them is waited for', async () => {
    const host = new Host(() => false);
    const actions = bench(host);
    await actions.makeAll(20);
    host.isSilent = true;
    expect(await actions.removeAll()).toBe('actions that are still there (20, named b-…): no answer');
    expect(host.deletions).toHaveLength(2);
  });
});
