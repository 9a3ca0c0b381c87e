import { describe, expect, test } from 'bun:test';
import { measurePart, type Part } from '../../../bench/parts/part.ts';

describe('a part', () => {
  test('gives a figure for each task, one number a round, and is closed', async () => {
    let isClosed = false;
    const part: Part = {
      name: 'sums',
      prepare: () => ({
        tasks: [{ name: 'add', batch: 100, run: () => 1 + 1 }],
        close: async () => {
          isClosed = true;
        },
      }),
    };
    const [sum, ...others] = await measurePart(part, 2, 1);
    expect(sum).toMatchObject({ id: 'part/sums/add', unit: 'µs', better: 'lower' });
    expect(sum?.rounds).toHaveLength(2);
    expect([others, isClosed]).toEqual([[], true]);
  });

  test('counts one of a batch, and waits for promises', async () => {
    let runs = 0;
    const wait = async () => {
      runs++;
      await Promise.resolve();
    };
    const [figure] = await measurePart(
      { name: 'p', prepare: () => ({ tasks: [{ name: 'w', batch: 3, run: wait }] }) },
      1,
      1,
    );
    expect(runs % 3).toBe(0);
    expect(figure?.value).toBeGreaterThan(0);
  });

  test('that fails is not measured, but closed', async () => {
    let isClosed = false;
    const run = () => {
      throw new Error('broken');
    };
    const close = async () => {
      isClosed = true;
    };
    const part: Part = { name: 'p', prepare: () => ({ tasks: [{ name: 'b', batch: 1, run }], close }) };
    const measuring = measurePart(part, 1, 1);
    await expect(measuring).rejects.toThrow('broken');
    expect(isClosed).toBe(true);
  });
});
