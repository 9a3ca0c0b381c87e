import { argvIn, dropTo, type Isolation, type Tools, withFirstSteps, withProcessLimit } from './isolation.ts';

/** No isolation: a child process, as another user where the node is root. For hosts that forbid namespaces. */
export function plain({ setpriv }: Tools): Isolation | string {
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !setpriv) return 'setpriv (util-linux) is not installed, and code is never run as root';
  return {
    name: 'plain',
    sentence:
      'actions are NOT isolated: this host has no namespaces for them, so they see its files and processes as ' +
      (isRoot ? 'an unprivileged user' : 'the user of this node does'),
    hasNamespaces: false,
    command: (launch) => {
      const program = withProcessLimit(launch, argvIn('onHost', launch.program));
      const drop =
        launch.uid !== undefined && setpriv ? dropTo(launch.uid, setpriv) : [setpriv ?? '', '--no-new-privs'];
      return withFirstSteps(launch, setpriv ? [...drop, '--pdeathsig', 'KILL', ...program] : program);
    },
  };
}
