import { newActivationId } from '../../src/invocation/activation-id.ts';
import { type Activation, activationJson } from '../../src/model/activation.ts';
import { readResult } from '../../src/model/outcome.ts';
import { formatLogLine } from '../../src/protocol/logs.ts';
import type { Part } from './part.ts';

const LIMIT = 1024 * 1024;
const small = '{"name":"Whisklet"}';
const large = JSON.stringify({ list: Array.from({ length: 20_000 }, (_, n) => `value number ${n}`) });

export function exampleActivation(activationId: string): Activation {
  return {
    activationId,
    ...{ namespace: 'guest', subject: 'guest', name: 'echo', version: '0.0.1' },
    ...{ start: 1_700_000_000_000, end: 1_700_000_000_001, duration: 1 },
    response: { status: 'success', result: small, size: small.length },
    logs: [],
    annotations: [
      { key: 'path', value: 'guest/echo' },
      { key: 'waitTime', value: 0 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
    ],
  };
}

/** What becomes of a runtime's answer. */
export const activation: Part = {
  name: 'activation',
  prepare() {
    const record = exampleActivation('0123456789abcdef0123456789abcdef');
    return {
      tasks: [
        { name: 'new activation id', batch: 1000, run: newActivationId },
        { name: 'read a result', batch: 100, run: () => readResult(small, LIMIT) },
        { name: 'read a result of 440 kB', batch: 1, run: () => readResult(large, LIMIT) },
        { name: 'a line of log', batch: 100, run: () => formatLogLine(1_700_000_000_000, 'stdout', 'a line') },
        { name: 'the record as JSON', batch: 100, run: () => activationJson(record) },
      ],
    };
  },
};
