import { describe, expect, test } from 'bun:test';
import { describeHost, type LocalHost } from '../../../src/sandbox/local/host.ts';

const host: LocalHost = {
  mark: 'abcdef',
  root: { folder: '/data/local/root', mounts: [] },
  isolation: { name: 'plain', sentence: 'actions are NOT isolated', hasNamespaces: false, command: () => [] },
  cgroups: 'no cgroups: switched off',
  uids: undefined,
  shimsDir: '/shims',
  executable: '/whisklet',
  ownership: { groups: [] },
  processes: 'counted by user',
};

describe('what the operator is told of local places', () => {
  test('memory is watched where there are no groups', () => {
    expect(describeHost(host)).toBe(
      'actions are NOT isolated; memory is watched rather than limited, for this node may not make control groups',
    );
  });

  test('that nothing limits their processes, where it is so', () => {
    expect(describeHost({ ...host, processes: 'not limited' })).toEndWith('; nothing limits their processes');
  });
});
