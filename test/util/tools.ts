/** Where a program of the system is, or undefined. */
export function findTool(name: string): string | undefined {
  return Bun.which(name, { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }) ?? undefined;
}

/** What a place needs of the kernel: namespaces, mounts in them, and a root of its own. In a container or a chroot some are often denied. */
const NAMESPACES = ['--mount', '--pid', '--ipc', '--uts', '--fork'];
const MOUNTS = 'mount -t proc proc /proc && mount -t tmpfs tmpfs /tmp && cd /tmp && mkdir old && pivot_root . old';

/** Why actions cannot be isolated here in this way, tried with the tools themselves; undefined when they can. */
export function whyNotIsolated(way: 'bubblewrap' | 'unshare'): string | undefined {
  const [bwrap, unshare, setpriv] = ['bwrap', 'unshare', 'setpriv'].map(findTool);
  if (way === 'bubblewrap') {
    return bwrap
      ? whyNot([bwrap, '--ro-bind', '/', '/', '--proc', '/proc', '--unshare-pid', 'true'])
      : 'bubblewrap is not installed';
  }
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return unshare && setpriv
    ? whyNot([unshare, ...user, ...NAMESPACES, 'sh', '-c', MOUNTS])
    : 'util-linux is not installed';
}

function whyNot(argv: string[]): string | undefined {
  const { success, stderr } = Bun.spawnSync(argv, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  return success ? undefined : `this host denies it: ${stderr.toString().trim()}`;
}

/** Something when the local sandbox can isolate actions on this host. */
export function findNamespaces(): true | undefined {
  return whyNotIsolated('bubblewrap') === undefined || whyNotIsolated('unshare') === undefined ? true : undefined;
}
