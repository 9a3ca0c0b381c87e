import { describe, expect, test } from 'bun:test';
import { figure } from '../../../bench/measure/figure.ts';
import { floorsText, machineText, show, tableOf } from '../../../bench/report/table.ts';

const machine = {
  ...{ cpu: 'Processor', cores: 2, memory: 24, system: 'Linux 6', bun: '1.4.5', docker: undefined },
  ...{ commit: 'abc', load: 0.1 },
};
const warm = figure({
  ...{ id: 'local/warm/p50', title: 'warm call, p50', unit: 'µs', rounds: [90, 100, 130] },
  floor: { what: 'HTTP + pipe', parts: { HTTP: [20, 25, 20], frame: [10, 15, 10] } },
});

describe('the table', () => {
  test('has the figure, its rounds, its floor, its ratio and its promise in one line', () => {
    const line = tableOf([warm]).split('\n').at(-1) ?? '';
    expect(line.split(/ {2,}/)).toEqual([
      '',
      'warm call, p50',
      '100 µs',
      '90.0–130',
      '30.0 µs',
      '3.00 (2.50–4.33)',
      '≤ 2.5 × floor',
      'BROKEN',
    ]);
  });

  test('puts figures of one kind under one heading', () => {
    const idle = figure({ id: 'idle/rss', title: 'memory', unit: 'MB', rounds: [50] });
    const lines = tableOf([warm, { ...warm, id: 'local/warm/p99' }, idle]).split('\n');
    expect(lines.filter((line) => /^\w/.test(line))).toEqual(['local', 'idle']);
    expect(lines.at(-1)).toEndWith('≤ 100  kept');
  });

  test('tells of what a floor is the sum', () => {
    expect(floorsText([warm])).toContain('HTTP + pipe = HTTP 20.0 µs + frame 10.0 µs');
  });
});

test('numbers are shown with three digits', () => {
  expect([0.1234, 1.234, 12.34, 123.4].map(show)).toEqual(['0.123', '1.23', '12.3', '123']);
});

test('a busy machine is told of', () => {
  expect(machineText(machine)).not.toContain('other work');
  expect(machineText({ ...machine, load: 3 })).toContain('other work (load 3 a core)');
});
