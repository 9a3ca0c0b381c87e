import type { JsonObject } from '../model/json.ts';
import type { Work, WorkHead } from '../model/work.ts';
import type { DeadLetter, DeadLetters } from '../store/journal.ts';
import { answering, unknownCommand } from './answering.ts';
import { type AdminAnswer, type DeadLetterCommand, done, failed } from './command.ts';

/** The `dead-letters` commands: accepted work that was given up, because the node ended each time that it was begun. */

export interface DeadLetterRules {
  readonly deadLetters: DeadLetters;
  /** Takes the work on once more, as a new activation, and answers its id. */
  readonly replay: (work: Work) => Promise<string>;
}

export function runDeadLetters(rules: DeadLetterRules, command: DeadLetterCommand): Promise<AdminAnswer> {
  return answering(() => {
    switch (command.do) {
      case 'dead-letters list':
        return list(rules);
      case 'dead-letters get':
        return get(rules, command.activationId);
      case 'dead-letters replay':
        return replayAll(rules, command.activationIds);
      case 'dead-letters delete':
        return deleteAll(rules, command.activationIds);
      default:
        return Promise.resolve(unknownCommand(command));
    }
  });
}

/** One line each, the last one first: id, when it was given up, namespace, what it is, why. */
async function list({ deadLetters }: DeadLetterRules): Promise<AdminAnswer> {
  const letters = await deadLetters.list();
  if (letters.length === 0) return done('no dead letters');
  return done(
    ...letters.map(({ work, why, buriedAt }) =>
      [work.activationId, isoTime(buriedAt), work.namespace, subjectOf(work), why].join('\t'),
    ),
  );
}

/** All that is known of it, as JSON. */
async function get({ deadLetters }: DeadLetterRules, activationId: string): Promise<AdminAnswer> {
  const letter = await deadLetters.find(activationId);
  if (!letter) return failed(missing(activationId));
  return done(...JSON.stringify(shown(letter), null, 2).split('\n'));
}

/** The exit code counts those that could not be replayed. */
function replayAll(rules: DeadLetterRules, activationIds: readonly string[]): Promise<AdminAnswer> {
  const { deadLetters, replay } = rules;
  return each(activationIds, async (id) => {
    const letter = await deadLetters.find(id);
    if (!letter) return undefined;
    const renewed = await replay(letter.work);
    await deadLetters.remove(id);
    return `${id} is done again as ${renewed}`;
  });
}

/** The exit code counts those that could not be deleted. */
function deleteAll({ deadLetters }: DeadLetterRules, activationIds: readonly string[]): Promise<AdminAnswer> {
  return each(activationIds, async (id) => ((await deadLetters.remove(id)) ? `${id} deleted` : undefined));
}

/** @param act answers what is said of it; undefined when there is none */
async function each(
  activationIds: readonly string[],
  act: (activationId: string) => Promise<string | undefined>,
): Promise<AdminAnswer> {
  const lines: string[] = [];
  let exit = 0;
  for (const id of activationIds) {
    const line = await act(id);
    if (line === undefined) exit++;
    lines.push(line ?? missing(id));
  }
  return { lines, exit };
}

function missing(activationId: string): string {
  return `There is no dead letter ${activationId}`;
}

function shown({ work, tries, why, buriedAt }: DeadLetter): JsonObject {
  const { activationId, namespace, subject, acceptedAt } = work;
  const what =
    work.type === 'invocation'
      ? { action: work.action, version: work.version, args: JSON.parse(work.args) }
      : { trigger: subjectOf(work), version: work.trigger.version, payload: JSON.parse(work.payload) };
  const times = { accepted: isoTime(acceptedAt), givenUp: isoTime(buriedAt), tries };
  return { activationId, namespace, subject, ...what, ...times, why };
}

function subjectOf(work: WorkHead): string {
  return work.type === 'invocation' ? work.action : `/${work.namespace}/${work.trigger.name}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
