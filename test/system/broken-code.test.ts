import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { messages } from '../../src/model/messages.ts';
import { processesWith } from '../util/host-processes.ts';
import { need } from '../util/need.ts';
import { sandboxes, TestNode } from '../util/node.ts';
import { findNamespaces } from '../util/tools.ts';
import { until } from '../util/until.ts';

/**
 * Code that breaks in every way. Each time its author reads OpenWhisk's sentence, and nobody else notices: a call
 * of a neighbour that runs meanwhile ends well, and the neighbour's container is the same as before.
 */

/** Tells which container answers. */
const neighbour = `const container = crypto.randomUUID();
function main({ ms = 0 }) { return new Promise((r) => setTimeout(r, ms, { container })); }`;

/** Writes bytes wherever the way to the node may be. */
const scribble = `const fs = require('fs');
function main({ hex }) {
  for (let fd = 3; fd < 64; fd++) {
    try {
      const stat = fs.fstatSync(fd);
      if (stat.isFIFO() || stat.isSocket()) fs.writeSync(fd, Buffer.from(hex, 'hex'));
    } catch {}
  }
  return {};
}`;

interface Case {
  readonly code: string;
  readonly params?: object;
  readonly limits?: object;
  readonly error: string;
}

const RUN = messages.abnormalRun;
const INIT = messages.abnormalInitialization;

const ORDINARY = { timeout: 20_000, memory: 256, logs: 10 };

const cases: Record<string, Case> = {
  'exits while it is loaded': { code: 'process.exit(3);', error: INIT },
  'is killed while it is loaded': { code: 'process.kill(process.pid, "SIGKILL"); for (;;);', error: INIT },
  'never ends being loaded': {
    code: 'for (;;); function main() {}',
    limits: { timeout: 400 },
    error: messages.timedOut(400, 'init'),
  },
  'exits in a run': { code: 'function main() { process.exit(0); }', error: RUN },
  'is killed in a run': { code: 'function main() { process.kill(process.pid, "SIGKILL"); for (;;); }', error: RUN },
  'blocks its thread': {
    code: 'function main() { for (;;); }',
    limits: { timeout: 400 },
    error: messages.timedOut(400, 'run'),
  },
  'never answers': {
    code: 'function main() { return new Promise(() => {}); }',
    limits: { timeout: 400 },
    error: messages.timedOut(400, 'run'),
  },
  'ignores SIGTERM': {
    code: `for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
      function main() { for (;;); }`,
    limits: { timeout: 400 },
    error: messages.timedOut(400, 'run'),
  },
  'takes more memory than it may': {
    code: 'const all = []; function main() { for (;;) all.push(Buffer.alloc(8 << 20, 1)); }',
    limits: { memory: 128 },
    error: messages.memoryExhausted,
  },
  'takes more memory than it may while it is loaded': {
    code: 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));',
    limits: { memory: 128 },
    error: messages.memoryExhausted,
  },
  'prints without end': {
    code: 'function main() { for (;;) console.log("x".repeat(1000)); }',
    limits: { timeout: 700, logs: 1 },
    error: messages.timedOut(700, 'run'),
  },
  'writes garbage to the node': { code: scribble, params: { hex: 'deadbeef'.repeat(20) }, error: RUN },
  'writes text to the node': {
    code: scribble,
    params: { hex: Buffer.from('\nHTTP/1.1 200 OK\n\n{}\n').toString('hex') },
    error: RUN,
  },
  'announces 2 GB to the node': { code: scribble, params: { hex: '80000000' }, error: RUN },
  'sends half a frame to the node, so that its answer is the other half': {
    code: scribble,
    params: { hex: '00000020' },
    error: RUN,
  },
  'answers a question that was not asked': {
    // {"type": "result", "id": "x", "value": "{}"}
    code: scribble,
    params: { hex: '0000001b83a474797065a6726573756c74a26964a178a576616c7565a27b7d' },
    error: RUN,
  },
};

const namespaces = need('namespaces', findNamespaces());

describe.each(sandboxes())('with the %s sandbox, code that (AVN-13, PROT-06, INV-18)', (sandbox) => {
  const node = new TestNode({ sandbox, args: ['--drain-timeout', '0s'] });
  let home: { container: string };

  beforeAll(async () => {
    await node.start();
    await node.put('neighbour', neighbour);
    home = (await node.invoke('neighbour')).json.response.result;
  }, 60_000);
  afterAll(() => node.end(), 30_000);

  beforeEach(() => until('the neighbour rests', async () => (await node.pool()).active === 0));

  /** Does something while the neighbour has a call, and sees that it did not hear of it. */
  async function besideNeighbour<T>(work: () => Promise<T>): Promise<T> {
    const running = node.invoke('neighbour', { ms: 100 });
    const done = await work();
    expect((await running).json.response).toMatchObject({ success: true, result: home });
    expect((await node.invoke('neighbour')).json.response.result).toEqual(home);
    return done;
  }

  test.each(Object.entries(cases))('%s', async (_, { code, params = {}, limits = {}, error }) => {
    // An update keeps what it does not name.
    await node.put('broken', code, { limits: { ...ORDINARY, ...limits } });
    const answer = await besideNeighbour(() => node.invoke('broken', params));
    expect(answer.json.response).toEqual({
      status: 'action developer error',
      success: false,
      result: { error },
    });
    expect(answer.status).toBe(502);
    const stored = await node.ask('GET', `activations/${answer.json.activationId}`);
    expect(stored.json).toEqual(answer.json);
  });

  test('dies between two calls costs nobody a call', async () => {
    await node.put('dies', 'function main() { setTimeout(() => process.exit(1), 10); return { pid: process.pid }; }');
    await besideNeighbour(async () => {
      for (let n = 0; n < 3; n++) {
        expect((await node.invoke('dies')).status).toBe(200);
        await until('only the neighbour has a container', async () => {
          const { ready = 0, busy = 0 } = (await node.pool()).byKind['nodejs:20'] ?? {};
          return ready + busy === 1;
        });
      }
    });
  });

  test('dies just after its answer costs nobody a call, though the next is on its way by then', async () => {
    await node.put('dies', "async function main() { Promise.reject(new Error('lost')); return { pid: process.pid }; }");
    await besideNeighbour(async () => {
      for (let n = 0; n < 20; n++) expect((await node.invoke('dies')).status).toBe(200);
    });
  });

  test('writes garbage to the node between two calls costs nobody a call', async () => {
    const later = "setTimeout(() => scribbleNow({ hex: 'deadbeef' }), 10); return { id };";
    const code = `const id = crypto.randomUUID(); ${scribble.replace('main', 'scribbleNow')} function main() { ${later} }`;
    await node.put('scribbles', code);
    await besideNeighbour(async () => {
      const ids = new Set<string>();
      for (let n = 0; n < 3; n++) {
        const { status, json } = await node.invoke('scribbles');
        expect(status).toBe(200);
        ids.add(json.response.result.id);
        await Bun.sleep(50);
      }
      // None of them is used again.
      expect(ids.size).toBe(3);
    });
  });

  test('answers 10 MB has its result cut (AVN-12)', async () => {
    await node.put('big', 'function main() { return { text: "x".repeat(10 << 20) }; }');
    const { status, json } = await besideNeighbour(() => node.invoke('big'));
    const { response } = json;
    const size = '{"text":""}'.length + (10 << 20);
    expect([status, response.status, response.size]).toEqual([502, 'application error', size]);
    const start = messages.truncatedResponse(size, 1 << 20, '{"text":"xxx');
    expect(response.result.error.slice(0, start.length)).toBe(start);
    expect(response.result.error.length).toBeLessThan(1.1 * (1 << 20));
  });

  test('prints more than its limit has its logs cut, and ends well (LOG-02, LIM-03)', async () => {
    const code = 'function main() { for (let n = 0; n < 5000; n++) console.log("x".repeat(999)); return {}; }';
    await node.put('chatty', code, { limits: { logs: 1 } });
    const { status, json } = await besideNeighbour(() => node.invoke('chatty'));
    expect([status, json.logs.length]).toEqual([200, 1050]);
    expect(json.logs.at(-1)).toEndWith(`stderr: ${messages.logsTruncated(1 << 20)}`);
  });

  // Without namespaces nothing ends them all at once, and this machine would be busy with them.
  test.skipIf(sandbox === 'local' && !namespaces)(
    'starts processes without end fills only its own container, and all of them end with it',
    async () => {
      const marker = `bomb-of-${node.process.pid}`;
      // Each of them starts more; the image of JavaScript has no other program than this one.
      const bomb = `
      const { spawn } = require('child_process');
      const start = () => spawn(process.execPath, ['-e', process.env.BOMB, '${marker}'], { stdio: 'ignore' }).on('error', () => {});
      setInterval(start, 1);`;
      const code = `function main() {
      process.env.BOMB = ${JSON.stringify(bomb)};
      eval(process.env.BOMB);
      return new Promise(() => {});
    }`;
      await node.put('bomb', code, { limits: { timeout: 1000, memory: 512 } });
      const running = node.invoke('bomb');
      await besideNeighbour(() => until('there are many', () => processesWith(marker).length > 10));
      expect((await running).status).toBe(502);
      await until('nothing of it is left', () => processesWith(marker).length === 0, 20_000);
      expect((await node.invoke('neighbour')).json.response.result).toEqual(home);
    },
  );
});
