import { describe, expect, test } from 'bun:test';
import { EventEmitter } from 'node:events';
import type { NodeFacts } from '../../../src/cli/banner.ts';
import { banner } from '../../../src/cli/banner.ts';
import { type RunningNode, serve } from '../../../src/cli/serve.ts';

const facts: NodeFacts = {
  version: '1.2.3',
  addresses: ['http://127.0.0.1:3233', 'http://172.17.0.1:3233'],
  guestKey: 'uuid:key',
  freshKeys: new Map(),
  sandbox: { name: 'docker', why: 'the engine answers', isolation: 'Containers without privileges.' },
  poolMemory: 2100,
  kinds: [{ kind: 'nodejs:20' }, { kind: 'python:3', problem: 'its image is not there' }],
  dataDir: '/srv/whisklet',
};

/** A node whose end the test decides. */
function start() {
  const signals = new EventEmitter();
  const printed: string[] = [];
  const calls: string[] = [];
  const started = Promise.withResolvers<RunningNode>();
  const stopped = Promise.withResolvers<void>();
  const node: RunningNode = {
    facts,
    stop: () => {
      calls.push('stop');
      return stopped.promise;
    },
    stopNow: () => {
      calls.push('stopNow');
      stopped.resolve();
      return Promise.resolve();
    },
  };
  const io = { out: (line: string) => printed.push(line), err: (line: string) => printed.push(line) };
  const told: AbortSignal[] = [];
  const start = (stop: AbortSignal) => {
    told.push(stop);
    return started.promise;
  };
  const exit = serve({ start, drainTimeout: 30_000, io, signals });
  return { signals, printed, calls, started, stopped, node, exit, told };
}

describe('serve', () => {
  test('says what it is, and drains at the first signal', async () => {
    const { signals, printed, calls, started, stopped, node, exit } = start();
    started.resolve(node);
    await started.promise;
    signals.emit('SIGTERM');
    stopped.resolve();
    expect(await exit).toBe(0);
    expect(calls).toEqual(['stop']);
    expect(printed[0]).toBe('Whisklet 1.2.3 is ready.');
    expect(printed.at(-1)).toBe('Stopped.');
    expect(signals.eventNames()).toEqual([]);
  });

  test('stops at once at the second signal', async () => {
    const { signals, calls, started, node, exit } = start();
    started.resolve(node);
    await started.promise;
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(await exit).toBe(0);
    expect(calls).toEqual(['stop', 'stopNow']);
  });

  test('stops a node that was still starting when the signal came', async () => {
    const { signals, calls, started, stopped, node, exit } = start();
    signals.emit('SIGTERM');
    stopped.resolve();
    started.resolve(node);
    expect(await exit).toBe(0);
    expect(calls).toEqual(['stop']);
  });

  test('tells a start that is under way to give up, and is not surprised that it does', async () => {
    const { signals, printed, told, started, exit } = start();
    expect(told.map(({ aborted }) => aborted)).toEqual([false]);
    signals.emit('SIGTERM');
    expect(told.map(({ aborted }) => aborted)).toEqual([true]);
    started.reject(told[0]?.reason);
    expect(await exit).toBe(0);
    expect(printed).toEqual(['Stopped before it was ready.']);
    expect(signals.eventNames()).toEqual([]);
  });

  test('passes on why a node could not start', async () => {
    const { signals, started, exit } = start();
    started.reject(new Error('the port is taken'));
    await expect(exit).rejects.toThrow('the port is taken');
    expect(signals.eventNames()).toEqual([]);
  });
});

describe('the banner', () => {
  const text = (more: Partial<NodeFacts> = {}) => banner({ ...facts, ...more }).join('\n');

  test('has all that the first steps need', () => {
    expect(text()).toContain('wsk property set --apihost http://127.0.0.1:3233 --auth uuid:key');
    expect(text()).toContain('http://172.17.0.1:3233');
    expect(text()).toContain('docker: the engine answers');
    expect(text()).toContain('2100 MB for actions: 8 containers of 256 MB');
    expect(text()).toContain('not python:3: its image is not there');
    expect(text()).toContain('/srv/whisklet');
  });

  test('shows no key that is a secret, but how to get it', () => {
    const shown = text({ guestKey: undefined });
    expect(shown).not.toContain('uuid:key');
    expect(shown).toContain('--auth "$(whisklet user get guest --data-dir /srv/whisklet)"');
  });

  test('shows keys that were made now', () => {
    const shown = text({ freshKeys: new Map([['whisk.system', 'new:key']]) });
    expect(shown).toContain('shown only now');
    expect(shown).toContain('whisk.system new:key');
  });

  test('says when nothing can run', () => {
    expect(text({ kinds: [{ kind: 'nodejs:20', problem: 'no' }] })).toContain('none can run here');
  });
});
