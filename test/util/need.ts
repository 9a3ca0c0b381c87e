import { test } from 'bun:test';

/**
 * What a test file cannot do without. Where the machine lacks it the file's tests are left out and one skipped test
 * says so; with WHISKLET_TEST_REQUIRE=all that is a failure.
 */
export function need<T>(name: string, found: T | null | undefined): T | undefined {
  if (found !== null && found !== undefined) return found;
  if (process.env.WHISKLET_TEST_REQUIRE === 'all') throw new Error(`this machine has no ${name}`);
  test.skip(`needs ${name}, which this machine has not`, () => undefined);
  return undefined;
}
