import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Ask, TestNode } from '../util/node.ts';

/**
 * What a real OpenWhisk (apache/openwhisk 1fae641, standalone) answered to requests of the web without a key: status, headers
 * that clients read, and bodies to the letter, with transaction ids folded to `TID`. `code` echoes what it is called with.
 */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const echo = 'function main(p){return p}';
const page =
  "function main(p){return {statusCode:+p.s||201,headers:{'x-a':'b','Set-Cookie':['a=1','b=2']},body:p.b||'hi <b>'}}";
const annotate = (...keys: string[]) => keys.map((key) => ({ key, value: true }));

beforeAll(async () => {
  await node.put('pa', echo, { annotations: annotate('web-export'), parameters: [{ key: 'x', value: 1 }] });
  await node.put('ph', page, { annotations: annotate('web-export', 'final') });
});

const JSON_TYPE = 'application/json';
const missing = refusal('The requested resource does not exist.');
const needsKey =
  '{"code":"TID","error":"The resource requires authentication, which was not supplied with the request"}';

function refusal(error: string): string {
  return `{\n  "code": "TID",\n  "error": "${error}"\n}`;
}

/** What `pa.json` answers: keys in order, two blanks deep. */
function echoed({ method = 'get', path = '', type = '', body = '', rest = '' } = {}): string {
  const typed = type && `    "content-type": "${type}",\n`;
  return `{
${body && `  "__ow_body": ${body},\n`}  "__ow_headers": {
    "accept": "*/*",
${typed}    "host": "HOST",
    "user-agent": "curl/7.88.1"
  },
  "__ow_method": "${method}",
  "__ow_path": "${path}",
${rest}  "x": 1
}`;
}

interface Expected {
  readonly status: number;
  /** The content type of the answer. */
  readonly type: string | null;
  readonly text: string;
  /** Answers of actions have CORS headers, and with `ran` the activation's id. */
  readonly isAction: boolean;
  readonly ran: boolean;
}

const ran = (status: number, type: string | null, text: string): Expected => ({
  ...{ status, type, text },
  ...{ isAction: true, ran: true },
});
const refused = (status: number, text: string): Expected => ({
  ...{ status, type: JSON_TYPE, text },
  ...{ isAction: false, ran: false },
});
const sent = (body: string, type: string): Ask => ({ body, headers: { 'content-type': type } });
const FORM = 'application/x-www-form-urlencoded';

const questions: readonly (readonly [string, string, Expected, Ask?])[] = [
  ['GET', 'guest/default/pa', ran(204, null, '')],
  ['GET', 'guest/default/pa.json', ran(200, JSON_TYPE, echoed())],
  ['GET', 'guest/default/pa.http', ran(204, null, '')],
  ['GET', 'guest/default/pa.text', ran(404, JSON_TYPE, refusal('Response does not include requested property.'))],
  ['GET', 'guest/default/pa.html', ran(400, JSON_TYPE, refusal("Response is not valid 'text/html'."))],
  ['GET', 'guest/default/pa.svg', ran(400, JSON_TYPE, refusal("Response is not valid 'image/svg+xml'."))],
  ['GET', 'guest/default/pa.nope', refused(404, missing)],
  ['GET', 'guest/default/pa.json/a/b?q=1', ran(200, JSON_TYPE, echoed({ path: '/a/b', rest: '  "q": "1",\n' }))],
  ['GET', 'guest/default/pa.text/x', ran(404, JSON_TYPE, refusal('Response does not include requested property.'))],
  [
    'GET',
    'guest/default/pa.json?__ow_method=x',
    {
      ...ran(400, JSON_TYPE, refusal('Request defines parameters that are not allowed (e.g., reserved properties).')),
      ran: false,
    },
  ],
  ['OPTIONS', 'guest/default/pa.json', { ...ran(200, null, ''), ran: false }],
  [
    'POST',
    'guest/default/pa.json',
    ran(200, JSON_TYPE, echoed({ method: 'post', type: JSON_TYPE, rest: '  "b": 2,\n' })),
    sent('{"b":2}', JSON_TYPE),
  ],
  [
    'POST',
    'guest/default/pa.json',
    ran(200, JSON_TYPE, echoed({ method: 'post', type: FORM, rest: '  "f": "1",\n  "g": "2",\n' })),
    sent('f=1&g=2', FORM),
  ],
  [
    'POST',
    'guest/default/pa.json',
    ran(200, JSON_TYPE, echoed({ method: 'post', type: 'text/plain', body: '"hey"' })),
    sent('hey', 'text/plain'),
  ],
  [
    'POST',
    'guest/default/pa.json',
    ran(200, JSON_TYPE, echoed({ method: 'post', type: JSON_TYPE, body: '[1, 2]' })),
    sent('[1,2]', JSON_TYPE),
  ],
  ['GET', 'guest/default/none', refused(404, missing)],
  ['GET', 'guest/nopkg/none', refused(404, missing)],
  ['GET', 'nons/default/none', refused(404, missing)],
  ['GET', 'guest', refused(401, needsKey)],
  ['GET', '', refused(401, needsKey)],
  ['GET', 'guest/default/ph', ran(201, 'text/html; charset=UTF-8', 'hi <b>')],
  ['GET', 'guest/default/ph.http?s=302', ran(302, 'text/html; charset=UTF-8', 'hi <b>')],
  [
    'GET',
    'guest/default/ph.json',
    ran(
      200,
      JSON_TYPE,
      '{\n  "body": "hi <b>",\n  "headers": {\n    "Set-Cookie": ["a=1", "b=2"],\n    "x-a": "b"\n  },\n  "statusCode": 201\n}',
    ),
  ],
  ['GET', 'guest/default/ph?s=99', ran(400, JSON_TYPE, refusal("Response is not valid 'message/http'."))],
];

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
  'access-control-allow-headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
};

describe('like OpenWhisk, the node answers the web (EP-29, WEB-01, WEB-02, WEB-08…11, WEB-17)', () => {
  test.each(questions)('%s %s', async (method, path, expected, { headers = {}, ...more } = {}) => {
    const from = { 'user-agent': 'curl/7.88.1', ...headers };
    const slash = path === '' ? '' : '/';
    const answer = await node.ask(method, `/api/v1/web${slash}${path}`, {
      ...{ ...more, headers: from, key: null },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([expected.status, expected.type]);
    const id = answer.headers.get('x-request-id') as string;
    const { host } = new URL(node.address);
    // Of its own accord fetch sends two headers more than curl.
    const asOfCurl = answer.text.replace(/ {4}"(?:accept-encoding|connection)": .*\n/g, '');
    expect(asOfCurl.replace(`"${id}"`, '"TID"').replace(`"${host}"`, '"HOST"')).toBe(expected.text);
    for (const [name, value] of Object.entries(CORS)) {
      expect(answer.headers.get(name)).toBe(expected.isAction ? value : null);
    }
    expect(answer.headers.has('x-openwhisk-activation-id')).toBe(expected.ran);
    if (path.includes('ph') && expected.type?.startsWith('text/html')) {
      expect([answer.headers.get('x-a'), answer.headers.getSetCookie()]).toEqual(['b', ['a=1', 'b=2']]);
    }
  });
});
