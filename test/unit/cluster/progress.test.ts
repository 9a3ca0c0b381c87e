import { describe, expect, test } from 'bun:test';
import { Progress } from '../../../src/cluster/progress.ts';

const at = (offset: number, note = '', end = 0) => new Progress({ partition: 3, offset, note, end });
const arrive = (progress: Progress, from: number, to: number) => {
  for (let offset = from; offset <= to; offset++) expect(progress.arrived(offset)).toBe(true);
};

describe('progress', () => {
  test('commits the message after the last one when all are done', () => {
    const progress = at(7);
    expect(progress.mark()).toEqual({ partition: 3, offset: 7, note: '' });
    arrive(progress, 7, 9);
    for (const offset of [9, 7, 8]) progress.done(offset);
    expect(progress.mark()).toEqual({ partition: 3, offset: 10, note: '' });
  });

  test('commits no further than the lowest that is not done, with a note of those above', () => {
    const progress = at(7);
    arrive(progress, 7, 12);
    progress.begin(7, 'a#1');
    progress.begin(9, 'a#1');
    for (const offset of [8, 10, 11]) progress.done(offset);
    const { offset, note } = progress.mark();
    expect(offset).toBe(7);
    const next = at(offset, note);
    expect(next.begunAs(7)).toEqual({ owner: 'a#1', tries: 1 });
    expect(next.begunAs(9)).toEqual({ owner: 'a#1', tries: 1 });
    expect([7, 8, 9, 10, 11, 12].filter((each) => next.arrived(each))).toEqual([7, 9, 12]);
  });

  test('knows what is done and was not committed', () => {
    const progress = at(7, '{"v":1,"o":[],"b":[],"d":[[2,2]]}');
    expect(progress.unsaved).toEqual([]);
    for (const offset of [7, 8, 10, 11, 12]) expect(progress.arrived(offset)).toBe(true);
    for (const offset of [7, 10, 11]) progress.done(offset);
    expect(progress.unsaved).toEqual([7, 10, 11]);
    progress.saved(progress.mark());
    expect(progress.unsaved).toEqual([]);
    progress.done(8);
    expect(progress.unsaved).toEqual([8]);
  });

  test('a message that comes once more is not new', () => {
    const progress = at(0);
    arrive(progress, 0, 2);
    expect(progress.arrived(1)).toBe(false);
    progress.done(0);
    expect(progress.arrived(0)).toBe(false);
  });

  test('what is told to be done before it arrives is not new when it comes', () => {
    const progress = at(5);
    progress.done(6);
    expect(progress.arrived(5)).toBe(true);
    expect(progress.arrived(6)).toBe(false);
    progress.done(5);
    expect(progress.mark().offset).toBe(7);
  });

  test('counts how often something was begun, over all owners', () => {
    const first = at(0);
    arrive(first, 0, 0);
    first.begin(0, 'a#1');
    const second = at(0, first.mark().note);
    arrive(second, 0, 0);
    second.begin(0, 'b#9');
    expect(second.begunAs(0)).toEqual({ owner: 'b#9', tries: 2 });
    second.undo(0);
    expect(second.begunAs(0)?.tries).toBe(1);
    second.undo(0);
    expect(second.begunAs(0)).toBeUndefined();
  });

  test('offsets that Kafka leaves out do not hold it up', () => {
    const progress = at(0);
    for (const offset of [0, 4, 9]) expect(progress.arrived(offset)).toBe(true);
    for (const offset of [0, 4, 9]) progress.done(offset);
    expect(progress.mark().offset).toBe(10);
  });

  test('a note stays within what brokers take, and keeps what was begun most often', () => {
    const progress = at(0);
    arrive(progress, 0, 1999);
    for (let offset = 0; offset < 2000; offset++) progress.begin(offset, `node-${offset % 7}#boot`);
    progress.begin(1999, 'node-1#boot');
    const { note } = progress.mark();
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(4096);
    const next = at(0, note);
    expect(next.begunAs(1999)).toEqual({ owner: 'node-1#boot', tries: 2 });
    expect(next.begunAs(0)?.tries).toBe(1);
  });

  test.each([
    'nonsense',
    '{"v":2,"o":[],"b":[],"d":[]}',
    '{"v":1}',
    '{"v":1,"o":["a"],"b":[[0,1,1]],"d":[]}',
    '{"v":1,"o":["a"],"b":[[-1,1,0]],"d":[]}',
    '{"v":1,"o":[],"b":[],"d":[[5,1]]}',
    '{"v":1,"o":[],"b":[],"d":[[0,1e300]]}',
    'null',
  ])('a note that it cannot read says nothing: %s', (note) => {
    const progress = at(4, note);
    expect(progress.arrived(4)).toBe(true);
    expect(progress.begunAs(4)).toBeUndefined();
    expect(progress.mark().offset).toBe(4);
  });
});
