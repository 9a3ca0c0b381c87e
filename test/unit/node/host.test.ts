import { describe, expect, test } from 'bun:test';
import { addressIn, defaultPoolMemory, isExposed, lookAtHost } from '../../../src/node/host.ts';

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

  const routes = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  ].join('\n');
  const addresses = [
    '        |-- 127.0.0.1',
    '           /32 host LOCAL',
    '        |-- 172.17.0.0',
    '           /16 link UNICAST',
    '        |-- 172.17.0.1',
    '           /32 host LOCAL',
    '        |-- 192.0.2.2',
    '           /32 host LOCAL',
  ].join('\n');

  test.each([
    ['docker0', '172.17.0.1'],
    ['eth0', '192.0.2.2'],
    ['wlan0', undefined],
  ])("has its address on %s from the kernel's tables: %s", (name, expected) => {
    expect(addressIn(routes, addresses, name)).toBe(expected);
  });

  test("a bridge's address is as any other where there is no bridge", () => {
    expect(isExposed(['172.17.0.1'], undefined)).toBe(true);
  });
});
