import { describe, expect, test } from 'bun:test';
import { containerOptions, cpuShares } from '../../../src/sandbox/docker/options.ts';

const defaults = { network: 'bridge', dns: ['9.9.9.9'], cpus: undefined, labels: { a: 'b' }, hasInit: true };
const own = {
  runtime: { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' },
  memory: 256,
  env: { X: '1' },
} as const;
const other = { runtime: { kind: 'blackbox', protocol: 'http', image: 'me/mine' }, memory: 512, env: {} } as const;

describe('a container of our own image', () => {
  const { HostConfig: host, ...options } = containerOptions(own, 'whisklet/javascript:1', defaults);

  test('has no privileges and no way to gain any', () => {
    expect(host).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Init: true,
    });
    expect(host?.Privileged).toBeUndefined();
    expect(host?.CapAdd).toBeUndefined();
    expect(options.User).toBe('65534:65534');
  });

  test('writes only to a /tmp of the size of its memory, from which it may load programs', () => {
    expect(host?.Tmpfs).toEqual({ '/tmp': 'rw,exec,nosuid,nodev,mode=1777,size=256m' });
  });

  test('is limited in memory without swap, processes, files and its share of the CPU (LIM-18, LIM-19, INV-16)', () => {
    const bytes = 256 * 1024 * 1024;
    expect(host).toMatchObject({ Memory: bytes, MemorySwap: bytes, PidsLimit: 1024, CpuShares: 1024 });
    expect(host?.Ulimits).toEqual([{ Name: 'nofile', Soft: 1024, Hard: 1024 }]);
    expect(host?.NanoCpus).toBeUndefined();
  });

  test('loses its stdin when the node goes', () => {
    expect(options).toMatchObject({ OpenStdin: true, StdinOnce: true, AttachStdin: true, Tty: false });
  });

  test('has the environment that it was given, a home that it can write to, and labels', () => {
    expect(options.Env).toEqual(['HOME=/tmp', 'X=1']);
    expect(options.Labels).toEqual({ a: 'b', 'io.whisklet.kind': 'nodejs:20' });
    expect(host).toMatchObject({ NetworkMode: 'bridge', Dns: ['9.9.9.9'] });
    expect(host?.Mounts).toBeUndefined();
  });
});

describe('a container that is given FIFOs', () => {
  const { HostConfig: host, ...options } = containerOptions(own, 'whisklet/javascript:1', defaults, '/data/docker/one');

  test('finds them in a folder that it cannot change, and is told where', () => {
    expect(host?.Mounts).toEqual([
      { Type: 'bind', Source: '/data/docker/one', Target: '/run/whisklet', ReadOnly: true },
    ]);
    expect(options.Env).toEqual(['HOME=/tmp', 'X=1', '__WHISKLET_PIPES=/run/whisklet']);
  });

  test('can be talked with through the engine as well', () => {
    expect(options).toMatchObject({ OpenStdin: true, AttachStdin: true, AttachStdout: true });
  });

  test('cannot be told another place for them by its action', () => {
    const { Env } = containerOptions({ ...own, env: { __WHISKLET_PIPES: '/x' } }, 'a:1', defaults, '/data/docker/one');
    expect(Env).toEqual(['HOME=/tmp', '__WHISKLET_PIPES=/run/whisklet']);
  });
});

describe('a container of an image of others', () => {
  const { HostConfig: host, ...options } = containerOptions(other, 'me/mine', { ...defaults, cpus: 1.5 });

  test('keeps its user, its root and its command, without raw and administrative network access (LIM-18, INV-16)', () => {
    expect(options.User).toBeUndefined();
    expect(options.Entrypoint).toBeUndefined();
    expect(host?.ReadonlyRootfs).toBeUndefined();
    expect(host?.Init).toBeUndefined();
    expect(host?.CapDrop).toContain('NET_RAW');
    expect(host?.CapDrop).toContain('NET_ADMIN');
    expect(host?.CapDrop).not.toContain('ALL');
    expect(host?.SecurityOpt).toEqual(['no-new-privileges']);
  });

  test('has the same limits', () => {
    expect(host).toMatchObject({ Memory: 512 * 1024 * 1024, PidsLimit: 1024, CpuShares: 2048, NanoCpus: 1.5e9 });
  });
});

test('the share of the CPU is in proportion to the memory and never below what Docker takes', () => {
  expect([cpuShares(128), cpuShares(256), cpuShares(512), cpuShares(0)]).toEqual([512, 1024, 2048, 2]);
});
