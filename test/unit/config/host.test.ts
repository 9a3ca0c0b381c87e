import { describe, expect, test } from 'bun:test';
import { defaultPoolMemory, isExposed, lookAtHost } from '../../../src/host.ts';

describe('the host', () => {
  test('has memory', () => {
    expect(lookAtHost().memory).toBeGreaterThan(0);
  });

  test.each([
    [24_000, 11_776],
    [4096, 2048],
    [2048, 1024],
    [1536, 1024],
    [1024, 768],
    [512, 256],
    [200, 256],
  ])('with %i MB gives %i MB to containers', (memory, expected) => {
    expect(defaultPoolMemory(memory)).toBe(expected);
  });

  test.each([
    [['127.0.0.1'], false],
    [['localhost', '::1', '127.9.9.9'], false],
    [['127.0.0.1', '172.17.0.1'], false],
    [['0.0.0.0'], true],
    [['::'], true],
    [['127.0.0.1', '192.168.1.4'], true],
    [['127.0.0.1.example.org'], true],
  ])('listening on %j is exposed: %p', (addresses, expected) => {
    expect(isExposed(addresses, '172.17.0.1')).toBe(expected);
  });

  test("a bridge's address is as any other where there is no bridge", () => {
    expect(isExposed(['172.17.0.1'], undefined)).toBe(true);
  });
});
