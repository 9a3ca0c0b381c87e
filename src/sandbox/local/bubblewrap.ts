import { commandLine, dropTo, type Isolation, type Launch, type Tools } from './isolation.ts';

/**
 * Isolation by bubblewrap (https://github.com/containers/bubblewrap), 0.6 or later. As root it makes the namespaces
 * itself and setpriv then drops to the place's user; as another user all of it is in a user namespace.
 */
export function bubblewrap({ bwrap, setpriv }: Tools): Isolation | string {
  const isRoot = process.getuid?.() === 0;
  if (!bwrap) return 'bubblewrap is not installed';
  if (isRoot && !setpriv) return 'bubblewrap needs setpriv (util-linux) when the node is root';
  return {
    name: 'bubblewrap',
    sentence: 'each action is in namespaces of its own with a read-only system and a private /tmp (bubblewrap)',
    hasNamespaces: true,
    command: (launch) => {
      const drop = launch.uid !== undefined && setpriv ? dropTo(launch.uid, setpriv) : [];
      return commandLine(launch, 'inPlace', [bwrap, ...namespaces(launch), ...view(launch), '--', ...drop]);
    },
  };
}

function namespaces({ id, uid }: Launch): string[] {
  // What setpriv needs to drop the rest.
  const drop = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((each) => ['--cap-add', each]);
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(uid === undefined ? ['--unshare-user'] : drop),
    ...['--hostname', id, '--new-session', '--die-with-parent'],
  ];
}

function view({ root, program, tmpBytes }: Launch): string[] {
  const mounts = [...root.mounts, ...program.mounts];
  return [
    ...['--ro-bind', root.folder, '/'],
    ...mounts.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--perms', '1777', '--size', String(tmpBytes), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--perms', '1777', '--size', String(tmpBytes), '--tmpfs', '/tmp', '--chdir', '/tmp'],
  ];
}
