import { describe, expect, test } from 'bun:test';
import { bubblewrap } from '../../../src/sandbox/local/bubblewrap.ts';
import { type Isolation, type Launch, ownProgram, shimFile } from '../../../src/sandbox/local/isolation.ts';
import { plain } from '../../../src/sandbox/local/plain.ts';
import { unshare } from '../../../src/sandbox/local/unshare.ts';

const tools = { bwrap: '/usr/bin/bwrap', unshare: '/usr/bin/unshare', setpriv: '/usr/bin/setpriv' };
const { file, mount } = shimFile('/data/shims/javascript', 'shim.js');
const launch: Launch = {
  id: 'whisklet-abc-1',
  root: { folder: '/data/local/root', mounts: [{ from: '/usr', to: '/usr' }] },
  program: ownProgram('/opt/whisklet', [file], [mount]),
  joinFiles: ['/sys/fs/cgroup/whisklet/1/cgroup.procs'],
  tmpBytes: 1024,
};

function made(way: Isolation | string): Isolation {
  if (typeof way === 'string') throw new Error(way);
  return way;
}

/** True when `part` stands in `all` as a whole and in order. */
function contains(all: readonly string[], part: readonly string[]): boolean {
  return all.some((_, at) => part.every((each, index) => all[at + index] === each));
}

describe.each([bubblewrap, unshare, plain])('%p', (way) => {
  const { command } = made(way(tools));

  test('joins the groups before anything else is started', () => {
    const argv = command(launch);
    expect(argv.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(argv.indexOf('/sys/fs/cgroup/whisklet/1/cgroup.procs')).toBe(4);
  });

  test('drops from root to the user of the place', () => {
    const argv = command({ ...launch, uid: 700_001 });
    const drop = ['--reuid', '700001', '--regid', '700001', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
    expect(contains(argv, [...drop, '--no-new-privs'])).toBe(true);
  });

  test('limits processes as the last step, where no group does', () => {
    const argv = command({ ...launch, processLimit: 99 });
    expect(argv.join(' ')).toContain('ulimit -u 99');
    expect(command(launch).join(' ')).not.toContain('ulimit -u');
  });
});

describe('bubblewrap', () => {
  const { command } = made(bubblewrap(tools));

  test('is not had without the program', () => {
    expect(bubblewrap({ ...tools, bwrap: undefined })).toBe('bubblewrap is not installed');
  });

  test('shows the program and its shim where places have them', () => {
    const argv = command(launch);
    expect(argv.slice(-2)).toEqual(['/whisklet/bin/bun', '/whisklet/runtime/shim.js']);
    expect(contains(argv, ['--ro-bind', '/data/shims/javascript', '/whisklet/runtime'])).toBe(true);
  });

  test('mounts everything of the host read-only', () => {
    const argv = command(launch);
    expect(argv.filter((each) => each.endsWith('bind'))).not.toContain('--bind');
  });

  test('makes a user namespace only where the node is not root', () => {
    expect(command(launch)).toContain('--unshare-user');
    const asRoot = command({ ...launch, uid: 700_001 });
    expect(asRoot).not.toContain('--unshare-user');
    expect(contains(asRoot, ['--cap-add', 'CAP_SETUID'])).toBe(true);
  });

  test('keeps the namespaces of the network as they are', () => {
    expect(command(launch)).not.toContain('--unshare-net');
    expect(command(launch)).not.toContain('--unshare-all');
  });
});

describe('unshare', () => {
  const { command } = made(unshare(tools));
  const script = (of: Launch) => command(of).find((each) => each.includes('pivot_root')) ?? '';

  test('is not had without setpriv', () => {
    expect(unshare({ ...tools, setpriv: undefined })).toBe('unshare and setpriv (util-linux) are not installed');
  });

  test('quotes what the shell would read', () => {
    const root = { ...launch.root, folder: "/data/it's $HOME" };
    expect(script({ ...launch, root })).toContain(`'/data/it'\\''s $HOME/usr'`);
  });

  test('mounts each folder and then makes it read-only', () => {
    const lines = script(launch).split('\n');
    const at = lines.indexOf(`mount --rbind '/usr' '/data/local/root/usr'`);
    expect(lines[at + 1]).toBe(`mount -o remount,bind,ro,nosuid '/data/local/root/usr'`);
  });
});

describe('plain', () => {
  test('runs the files where the host has them, and says that nothing is isolated', () => {
    const { command, sentence } = made(plain(tools));
    expect(command(launch).slice(-2)).toEqual(['/opt/whisklet', '/data/shims/javascript/shim.js']);
    expect(sentence).toContain('NOT isolated');
  });
});
