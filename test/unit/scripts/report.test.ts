import { describe, expect, test } from 'bun:test';
import { readReport, summarize } from '../../../scripts/report.ts';

const xml = `<?xml version="1.0"?>
<testsuites tests="5">
  <testsuite name="a.test.ts" file="a.test.ts">
    <testsuite name="the &lt;store&gt;" file="a.test.ts">
      <testcase name="keeps &quot;it&quot;" classname="x" time="0.5" file="a.test.ts" />
      <testcase name="loses" classname="x" time="7.25" file="a.test.ts">
        <failure type="AssertionError" message="a &gt; b">text with <skipped /> in it:&#10;1 &lt; 2</failure>
      </testcase>
    </testsuite>
    <testsuite name="docker (no engine)" file="a.test.ts">
      <testcase name="one" classname="x" time="0" file="a.test.ts"><skipped /></testcase>
      <testcase name="two" classname="x" time="0" file="a.test.ts"><skipped message="TODO" /></testcase>
    </testsuite>
    <testcase name="stands alone" classname="" time="0" file="a.test.ts" />
  </testsuite>
</testsuites>`;

describe('the report', () => {
  test('has every test with its suites', () => {
    expect(readReport(xml)).toEqual([
      { file: 'a.test.ts', name: 'the <store> > keeps "it"', seconds: 0.5, status: 'passed' },
      {
        file: 'a.test.ts',
        name: 'the <store> > loses',
        seconds: 7.25,
        status: 'failed',
        failure: 'text with <skipped /> in it:\n1 < 2',
      },
      { file: 'a.test.ts', name: 'docker (no engine) > one', seconds: 0, status: 'skipped' },
      { file: 'a.test.ts', name: 'docker (no engine) > two', seconds: 0, status: 'skipped' },
      { file: 'a.test.ts', name: 'stands alone', seconds: 0, status: 'passed' },
    ]);
  });

  test('ends with the counts, after what is slow, skipped and failed', () => {
    const { lines, failed } = summarize(readReport(xml), 1);
    expect(failed).toBe(1);
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 2 skipped');
    expect(lines).toContain('  7.3 s  a.test.ts: the <store> > loses');
    expect(lines).toContain('  a.test.ts: docker (no engine) (2 tests)');
    expect(lines).toContain('  a.test.ts: the <store> > loses\n      text with <skipped /> in it:\n      1 < 2');
  });

  test('counts a failure when bun test failed outside of any test', () => {
    const passed = readReport(xml).filter(({ status }) => status === 'passed');
    expect(summarize(passed, 1)).toMatchObject({ failed: 1 });
    expect(summarize(passed, 0)).toEqual({ lines: ['2 passed, 0 failed'], failed: 0 });
  });

  test('counts a failure when nothing was run', () => {
    expect(summarize([], 0).lines.at(-1)).toBe('0 passed, 1 failed');
  });
});
