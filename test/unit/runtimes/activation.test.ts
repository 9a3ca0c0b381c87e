import { describe, expect, test } from 'bun:test';
import { Activation } from '../../../runtimes/javascript/activation.ts';

/** The lines of all frames, as `stream text`. */
function linesOf(activation: Activation): string[] {
  return activation.take().flatMap((frame) => {
    if (frame.type !== 'log') throw new Error(`a frame of type ${frame.type}`);
    return frame.lines.map(([, stream, text]) => `${stream} ${text}`);
  });
}

describe('the lines of an activation', () => {
  test('end where the text says', () => {
    const activation = new Activation('a', 100);
    activation.print(5, 1, 'a\nb');
    activation.print(6, 2, 'x\n');
    activation.print(7, 1, 'c\n\n');
    expect(activation.take()).toEqual([
      {
        type: 'log',
        id: 'a',
        lines: [
          [5, 1, 'a'],
          [6, 2, 'x'],
          [7, 1, 'bc'],
          [7, 1, ''],
        ],
      },
    ]);
    expect(activation.take()).toEqual([]);
  });

  test('end with the activation', () => {
    const activation = new Activation('a', 100);
    activation.print(1, 2, 'b');
    activation.print(1, 1, 'a');
    expect(activation.waiting).toBe(0);
    activation.finish(2);
    expect(linesOf(activation)).toEqual(['1 a', '2 b']);
  });

  test('stop with the one that goes over the limit', () => {
    const activation = new Activation('a', 3);
    activation.print(1, 1, 'é\né\né\n');
    activation.finish(1);
    expect(linesOf(activation)).toEqual(['1 é', '1 é']);
    activation.print(1, 1, 'more\n');
    expect(activation.waiting).toBe(0);
  });

  test('are none when none are wanted', () => {
    const activation = new Activation('a', 0);
    activation.print(1, 1, 'a\n');
    activation.finish(1);
    expect(linesOf(activation)).toEqual([]);
  });

  test('cost something even when they are empty', () => {
    const activation = new Activation('a', 10);
    activation.print(1, 1, '\n'.repeat(1000));
    expect(linesOf(activation).length).toBe(10);
  });

  test('come in pieces when they are long, in frames of bounded size', () => {
    const activation = new Activation('a', 100_000_000);
    activation.print(1, 1, `${'x'.repeat(5_000_000)}\n`);
    const frames = activation.take();
    expect(frames.length).toBeGreaterThan(3);
    for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(2_000_000);
  });

  test('do not grow for ever without an end', () => {
    const activation = new Activation('a', 100_000_000);
    for (let n = 0; n < 100; n += 1) activation.print(1, 1, 'x'.repeat(10_000));
    expect(activation.waiting).toBeGreaterThan(500_000);
  });

  test('can be taken over by another one, with their times', () => {
    const between = new Activation('', 100);
    between.print(5, 1, 'before\n');
    const next = new Activation('b', 100);
    next.adopt(between);
    next.print(6, 1, 'after\n');
    expect(next.take()).toMatchObject([
      {
        id: 'b',
        lines: [
          [5, 1, 'before'],
          [6, 1, 'after'],
        ],
      },
    ]);
    expect(between.waiting).toBe(0);
  });
});
