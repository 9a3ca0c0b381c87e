import { expect, test } from 'bun:test';
import { freezerOf } from '../../../src/sandbox/docker/freezer.ts';

test('a host with cgroups of version 2 has one file that freezes', () => {
  expect(freezerOf('0::/system.slice/docker-abc.scope\n')).toEqual({
    file: '/sys/fs/cgroup/system.slice/docker-abc.scope/cgroup.freeze',
    frozen: '1',
    thawed: '0',
  });
});

test('a host with version 1 has a freezer, also beside version 2', () => {
  const cgroups = '12:cpu,cpuacct:/docker/abc\n6:freezer:/docker/abc\n0::/docker/abc\n';
  expect(freezerOf(cgroups)).toEqual({
    file: '/sys/fs/cgroup/freezer/docker/abc/freezer.state',
    frozen: 'FROZEN',
    thawed: 'THAWED',
  });
});
