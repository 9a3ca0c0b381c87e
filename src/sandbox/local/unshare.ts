import { commandLine, dropTo, type Isolation, type Launch, type Tools } from './isolation.ts';

/**
 * Isolation by util-linux alone: unshare makes the namespaces, a script in them mounts the same view that bubblewrap
 * would, and setpriv drops to the place's user. Each mount is a process, so a start takes some 30 ms more.
 */
export function unshare({ unshare: command, setpriv }: Tools): Isolation | string {
  if (!command || !setpriv) return 'unshare and setpriv (util-linux) are not installed';
  return {
    name: 'unshare',
    sentence: 'each action is in namespaces of its own with a read-only system and a private /tmp (unshare)',
    hasNamespaces: true,
    command: (launch) => {
      const user = launch.uid === undefined ? ['--user', '--map-root-user'] : [];
      const namespaces = [...user, '--mount', '--pid', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child'];
      const script = ['/bin/sh', '-c', view(launch), 'sh', ...become(launch, command, setpriv)];
      // unshare itself would outlive the node.
      const dying = [setpriv, '--pdeathsig', 'KILL'];
      return commandLine(launch, 'inPlace', [...dying, command, ...namespaces, ...script]);
    },
  };
}

/** Where the node is not root, the mounts were made by a root that is only one of the namespace: it ends here. */
function become({ uid }: Launch, command: string, setpriv: string): string[] {
  if (uid !== undefined) return dropTo(uid, setpriv);
  const user = [`--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`];
  return [command, '--user', ...user, setpriv, '--no-new-privs'];
}

/**
 * The script. It does not become the program but waits for it: the first process of a namespace is deaf to signals and
 * inherits all orphans.
 */
function view({ id, root, program, tmpBytes }: Launch): string {
  const at = (path: string) => quote(`${root.folder}${path}`);
  const memory = (path: string, mode: string, bytes: number) =>
    `mount -t tmpfs -o nosuid,nodev,mode=${mode},size=${bytes} tmpfs ${at(path)}`;
  const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
  const links = [
    ['/proc/self/fd', 'fd'],
    ['/proc/self/fd/0', 'stdin'],
    ['/proc/self/fd/1', 'stdout'],
    ['/proc/self/fd/2', 'stderr'],
  ] as const;
  return [
    'set -e',
    `hostname ${quote(id)} 2>/dev/null || :`,
    ...mountReadOnly(root.folder, root.folder),
    ...[...root.mounts, ...program.mounts].flatMap(({ from, to }) => mountReadOnly(from, `${root.folder}${to}`)),
    `mount -t proc -o nosuid,nodev,noexec proc ${at('/proc')}`,
    memory('/dev', '755', 65536),
    ...devices.flatMap((name) => [`: > ${at(`/dev/${name}`)}`, `mount --bind /dev/${name} ${at(`/dev/${name}`)}`]),
    ...links.map(([target, name]) => `ln -s ${target} ${at(`/dev/${name}`)}`),
    `mkdir ${at('/dev/shm')}`,
    memory('/dev/shm', '1777', tmpBytes),
    `mount -o remount,bind,ro,nosuid ${at('/dev')}`,
    memory('/tmp', '1777', tmpBytes),
    `cd ${at('/')}`,
    // The old root comes to lie on the new one, and is taken off it: pivot_root(2).
    'pivot_root . .',
    'umount -l .',
    'cd /tmp',
    'set +e',
    '"$@"',
    'exit $?',
  ].join('\n');
}

function mountReadOnly(from: string, to: string): string[] {
  return [`mount --rbind ${quote(from)} ${quote(to)}`, `mount -o remount,bind,ro,nosuid ${quote(to)}`];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
