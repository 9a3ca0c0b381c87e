import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Answer, TestNode } from '../util/node.ts';
import {
  actionQuestions,
  brokenActions,
  brokenRecord,
  invokeQuestions,
  listQuestions,
  type Question,
  serverQuestions,
} from './answers.ts';

/**
 * The same questions as a real OpenWhisk was asked, with the same answers: status, headers that clients read, and
 * bodies to the letter (REST-10, ERR-01, ERR-11, ERR-18, TRAP-14). What differs on purpose stands in docs/compatibility.md.
 */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'access-control-allow-methods': 'GET, DELETE, POST, PUT, HEAD',
};

/** Bodies with all that is different each time folded. */
function fold(text: string): string {
  return text
    .replace(/"activationId":"[0-9a-f]{32}"/g, '"activationId":"ID"')
    .replace(/"(start|end|updated|duration)":\d+/g, '"$1":0')
    .replace(/"key":"(waitTime|initTime)","value":\d+/g, '"key":"$1","value":0')
    .replace(/"logs":\[[^\]]*\]/g, '"logs":"L"')
    .replace(/"(build|buildno)":"[^"]*"/g, '"$1":"B"')
    .replace(/Valid values are: [^"]*/, 'Valid values are: …');
}

function check(answer: Answer, question: Question): void {
  const { status, isOperation = false, error, text, also = {} } = question;
  expect(answer.status).toBe(status);
  const header = (name: string) => answer.headers.get(name);
  for (const [name, value] of Object.entries(CORS)) expect(header(name)).toBe(isOperation ? value : null);
  for (const [name, value] of Object.entries(also)) {
    expect(header(name)?.replace(/^[0-9a-f]{32}$/, 'ID')).toBe(value);
  }
  if (text !== undefined) {
    expect([header('content-type'), answer.text]).toEqual(['text/plain; charset=UTF-8', text]);
    return;
  }
  expect(header('content-type')).toBe('application/json');
  if (error !== undefined) {
    const code = header('x-request-id');
    expect(fold(answer.text)).toBe(JSON.stringify({ code, error }));
  } else {
    expect(fold(answer.text)).toBe(JSON.stringify(question.answer));
  }
}

async function ask({ ask: line, body, type, key, headers = {} }: Question): Promise<Answer> {
  const [method, path] = line.split(' ') as [string, string];
  return node.ask(method, path, {
    ...(body === undefined ? {} : { body }),
    ...(key === undefined ? {} : { key }),
    headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
  });
}

/** Several are asked the same with another body. */
const named = (questions: readonly Question[]) =>
  questions.map((question) => [`${question.ask} ${question.body ?? ''}`, question] as const);

describe('like OpenWhisk, the node answers', () => {
  test.each(named(serverQuestions))('%s', async (_, question) => check(await ask(question), question));
  test.each(named(listQuestions))('%s', async (_, question) => check(await ask(question), question));
  test.each(named(actionQuestions))('%s', async (_, question) => check(await ask(question), question));
  test.each(named(invokeQuestions))('%s', async (_, question) => check(await ask(question), question));

  test('HEAD with 404 and nothing else (REST-14)', async () => {
    const { status, text } = await node.ask('HEAD', 'actions');
    expect([status, text]).toEqual([404, '']);
  });

  test('GET / with what wskdeploy reads before it deploys (EP-01)', async () => {
    const { json, headers } = await node.ask('GET', '/', { key: null });
    // The Go client takes it only with just this type.
    expect(headers.get('content-type')).toBe('application/json');
    expect(Object.keys(json)).toEqual(['api_paths', 'description', 'limits', 'runtimes', 'support']);
    expect(json.limits).toEqual({
      actions_per_minute: 1_000_000,
      concurrent_actions: 1000,
      default_max_action_duration: 300_000,
      default_max_action_logs: 10_485_760,
      default_max_action_memory: 536_870_912,
      default_min_action_duration: 100,
      default_min_action_logs: 0,
      default_min_action_memory: 134_217_728,
      max_action_duration: 300_000,
      max_action_logs: 10_485_760,
      max_action_memory: 536_870_912,
      min_action_duration: 100,
      min_action_logs: 0,
      min_action_memory: 134_217_728,
      sequence_length: 50,
      triggers_per_minute: 1_000_000,
    });
    expect(json.runtimes.nodejs).toContainEqual({
      attached: true,
      default: true,
      deprecated: false,
      image: 'openwhisk/action-nodejs-v20:nightly',
      kind: 'nodejs:20',
      requireMain: false,
    });
  });

  test.each(brokenActions.map((broken) => [broken.code, broken] as const))(
    'a call of %s (ERR-04, ERR-05, REST-07, TRAP-03)',
    async (code, broken) => {
      await node.ask('DELETE', 'actions/pe');
      await node.put('pe', code, { limits: { timeout: 1500 } });
      const also = { 'x-openwhisk-activation-id': 'ID' };
      const whole = { ask: '', status: 502, isOperation: true, also, answer: brokenRecord(broken, '0.0.1') };
      check(await node.invoke('pe'), whole);
      const answer = await node.ask('POST', 'actions/pe?blocking=true&result=true', { body: {} });
      check(answer, { ...whole, answer: broken.result });
    },
  );

  test('an array with the array alone, whatever was asked for (ERR-07, TRAP-04)', async () => {
    await node.put('pl', 'function main(){return [1,2]}');
    const also = { 'x-openwhisk-activation-id': 'ID' };
    for (const query of ['', '&result=true']) {
      const answer = await node.ask('POST', `actions/pl?blocking=true${query}`, { body: {} });
      check(answer, { ask: '', status: 200, isOperation: true, also, answer: [1, 2] });
    }
  });

  test('a call of code that is no JavaScript with the error and a stack, whose files are ours', async () => {
    await node.put('ps', 'syntax error here');
    const { status, json } = await node.invoke('ps');
    expect([status, json.response.status]).toEqual([502, 'action developer error']);
    expect(json.response.result.error).toStartWith(
      "Initialization has failed due to: SyntaxError: Unexpected identifier 'error'\n    at ",
    );
  });

  test('DELETE with the action as it was (EP-16)', async () => {
    const { status, json } = await node.ask('DELETE', 'actions/pa');
    expect([status, json.name, json.exec.code]).toEqual([200, 'pa', 'function main(p){return p}']);
  });
});
