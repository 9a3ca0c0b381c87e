import { describe, expect, test } from 'bun:test';
import type { AdminCommand } from '../../../src/admin/command.ts';
import { parseAdmin } from '../../../src/cli/admin.ts';
import { adminCommands, UsageError } from '../../../src/cli/commands.ts';

/** Parses `user create alice` and so on; words with blanks are not needed here. */
function parse(line: string) {
  const [group, verb, ...args] = line.split(' ');
  const syntax = adminCommands.find((each) => each.do === `${group} ${verb}`);
  return parseAdmin(syntax ?? expect.unreachable(), args, [{ name: 'data-dir' }]);
}

const plain = { revoke: false, genonly: false, silent: false };

describe("wskadmin's command lines", () => {
  test.each<[string, AdminCommand]>([
    ['user create alice', { do: 'user create', subject: 'alice', ...plain }],
    ['user create --auth a:b alice', { do: 'user create', subject: 'alice', auth: 'a:b', ...plain }],
    ['user create alice -u a:b', { do: 'user create', subject: 'alice', auth: 'a:b', ...plain }],
    ['user create -ns team alice', { do: 'user create', subject: 'alice', namespace: 'team', ...plain }],
    ['user create -ns=team alice', { do: 'user create', subject: 'alice', namespace: 'team', ...plain }],
    ['user create alice --namespace team', { do: 'user create', subject: 'alice', namespace: 'team', ...plain }],
    ['user create -r -g -s alice', { do: 'user create', subject: 'alice', revoke: true, genonly: true, silent: true }],
    ['user create -rs alice', { do: 'user create', subject: 'alice', revoke: true, genonly: false, silent: true }],
    ['user delete alice', { do: 'user delete', subject: 'alice' }],
    ['user delete alice -ns team', { do: 'user delete', subject: 'alice', namespace: 'team' }],
    ['user get alice', { do: 'user get', subject: 'alice', all: false }],
    ['user get alice -a', { do: 'user get', subject: 'alice', all: true }],
    ['user get -ns team alice', { do: 'user get', subject: 'alice', namespace: 'team', all: false }],
    ['user whois a:b', { do: 'user whois', auth: 'a:b' }],
    ['user block alice robert', { do: 'user block', subjects: ['alice', 'robert'] }],
    ['user unblock alice', { do: 'user unblock', subjects: ['alice'] }],
    ['user list team', { do: 'user list', namespace: 'team', pick: 1, all: false, key: false }],
    ['user list team -p 3 -k', { do: 'user list', namespace: 'team', pick: 3, all: false, key: true }],
    ['user list team --pick -1 --all', { do: 'user list', namespace: 'team', pick: -1, all: true, key: false }],
    ['dead-letters list', { do: 'dead-letters list' }],
    ['dead-letters get a1', { do: 'dead-letters get', activationId: 'a1' }],
    ['dead-letters replay a1 a2', { do: 'dead-letters replay', activationIds: ['a1', 'a2'] }],
    ['dead-letters delete a1', { do: 'dead-letters delete', activationIds: ['a1'] }],
    ['limits get alice', { do: 'limits get', namespace: 'alice' }],
    ['limits delete alice', { do: 'limits delete', namespace: 'alice' }],
    [
      'limits set alice --invocationsPerMinute 0 --storeActivations No --maxPayloadSize 1MB',
      {
        do: 'limits set',
        namespace: 'alice',
        limits: { invocationsPerMinute: 0, storeActivations: false, maxPayloadSize: '1MB' },
      },
    ],
    [
      'limits set alice --allowedKinds nodejs:20 python:3 --minActionMemory 128',
      {
        do: 'limits set',
        namespace: 'alice',
        limits: { allowedKinds: ['nodejs:20', 'python:3'], minActionMemory: 128 },
      },
    ],
  ])('%s', (line, command) => {
    expect(parse(line).command).toEqual(command);
  });

  test('carry settings, which are not part of the command', () => {
    const { command, flags } = parse('user get alice --data-dir /srv');
    expect(command).toEqual({ do: 'user get', subject: 'alice', all: false });
    expect(flags.get('data-dir')).toEqual(['/srv']);
  });

  test.each([
    ['user create', 'the following arguments are required: SUBJECT'],
    ['dead-letters list a1', 'unrecognized arguments: a1'],
    ['dead-letters replay', 'the following arguments are required: ACTIVATION...'],
    ['user create alice robert', 'unrecognized arguments: robert'],
    ['user create alice --silnet', "unknown option '--silnet'; did you mean '--silent'?"],
    ['user create alice --auth', '--auth needs a value'],
    ['user list team --pick few', "--pick: 'few' is not a whole number"],
    ['limits set alice --invocationsPerMinute -1', "--invocationsPerMinute: '-1' is not a whole number from 0 up"],
    ['limits set alice --storeActivations maybe', "--storeActivations: 'maybe' is not a valid boolean"],
    ['limits set alice --maxPayloadSize big', "--maxPayloadSize: 'big' is not a size"],
    ['limits set --allowedKinds nodejs:20 alice', 'the following arguments are required: NAMESPACE'],
  ])('%s is refused: %s', (line, sentence) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(sentence);
  });
});
