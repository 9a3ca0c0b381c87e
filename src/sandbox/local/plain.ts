import { commandLine, dropTo, type Isolation, type Launch, type Tools } from './isolation.ts';

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
    command: (launch) => commandLine(launch, 'onHost', setpriv ? drop(launch, setpriv) : []),
  };
}

function drop({ uid }: Launch, setpriv: string): string[] {
  const user = uid === undefined ? [setpriv, '--no-new-privs'] : dropTo(uid, setpriv);
  return [...user, '--pdeathsig', 'KILL'];
}
