import { describe, expect, test } from 'bun:test';
import { ownFolder, parseMounts, parseOwnGroups } from '../../../src/sandbox/local/find-cgroups.ts';

describe('control groups as they are mounted', () => {
  test('v2 alone is one hierarchy', () => {
    const text = '30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate\n';
    expect(parseMounts(text)).toEqual([{ controller: undefined, mountPoint: '/sys/fs/cgroup', root: '/' }]);
  });

  test('of v1 only the controllers that places need are taken', () => {
    const text = [
      '31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct',
      '32 30 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory',
      '33 30 0:29 /docker/1a2b /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
      '34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '1 1 254:0 / / rw - ext4 /dev/vda rw',
      '',
    ].join('\n');
    expect(parseMounts(text)).toEqual([
      { controller: 'memory', mountPoint: '/sys/fs/cgroup/memory', root: '/' },
      { controller: 'pids', mountPoint: '/sys/fs/cgroup/pids', root: '/docker/1a2b' },
      { controller: undefined, mountPoint: '/sys/fs/cgroup/unified', root: '/' },
    ]);
  });

  test('several controllers of v1 may share a mount', () => {
    const [memory, pids] = parseMounts('31 30 0:27 / /cg rw - cgroup cgroup rw,memory,pids\n');
    expect([memory?.controller, pids?.controller]).toEqual(['memory', 'pids']);
  });
});

test('the groups of a process are read for v1 and v2', () => {
  const text =
    '12:cpu,cpuacct:/a\n4:memory:/user.slice/x:y\n1:name=systemd:/init.scope\n0::/user.slice/session-3.scope\n';
  const groups = parseOwnGroups(text);
  expect(groups.get('cpuacct')).toBe('/a');
  expect(groups.get('memory')).toBe('/user.slice/x:y');
  expect(groups.get('')).toBe('/user.slice/session-3.scope');
  expect(groups.get('pids')).toBeUndefined();
});

test('the folder of a group is below the mount, from the group that is mounted on', () => {
  const mount = { controller: 'memory', mountPoint: '/sys/fs/cgroup/memory', root: '/' };
  expect(ownFolder(mount, '/user.slice')).toBe('/sys/fs/cgroup/memory/user.slice');
  expect(ownFolder({ ...mount, root: '/docker/1a2b' }, '/docker/1a2b/inner')).toBe('/sys/fs/cgroup/memory/inner');
  expect(ownFolder({ ...mount, root: '/docker/1a2b' }, '/docker/1a2b')).toBe('/sys/fs/cgroup/memory');
});
