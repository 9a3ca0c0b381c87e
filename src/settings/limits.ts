import * as value from '../cli/values.ts';
import { MB, type SystemLimits, systemLimits as std } from '../model/limits.ts';
import { showDuration, showSize } from '../model/units.ts';
import { of } from './setting.ts';

/** Rows of the table in config.ts: what actions, calls and namespaces may have at most. */
export const limits = {
  limitsInvocationsPerMinute: of(value.whole(0), std.invocationsPerMinute, 'Invocations of one namespace in a minute.'),
  limitsConcurrentInvocations: of(
    value.whole(0),
    std.concurrentInvocations,
    'Invocations of one namespace at once, running or waiting.',
  ),
  limitsFiresPerMinute: of(value.whole(0), std.firesPerMinute, 'Trigger fires of one namespace in a minute.'),
  limitsTimeoutMin: of(value.duration(1), std.timeout.min, 'Least time limit of an action.'),
  limitsTimeoutStd: of(value.duration(1), std.timeout.std, 'Time limit of an action that does not say.'),
  limitsTimeoutMax: of(value.duration(1), std.timeout.max, 'Greatest time limit of an action.'),
  limitsMemoryMin: of(value.megabytes(1), std.memory.min, 'Least memory of an action.'),
  limitsMemoryStd: of(value.megabytes(1), std.memory.std, 'Memory of an action that does not say.'),
  limitsMemoryMax: of(value.megabytes(1), std.memory.max, 'Greatest memory of an action.'),
  limitsLogsMin: of(value.megabytes(), std.logs.min, 'Least log limit of an action.'),
  limitsLogsStd: of(value.megabytes(), std.logs.std, 'Log limit of an action that does not say.'),
  limitsLogsMax: of(value.megabytes(), std.logs.max, 'Greatest log limit of an action.'),
  limitsConcurrencyMax: of(value.whole(1), std.concurrency.max, 'Greatest number of calls at once in one container.'),
  limitsParameterSize: of(value.size(1), std.parameterBytes, 'Parameters of an action, a package or a trigger.'),
  limitsPayloadSize: of(value.size(1), std.payloadBytes, 'Payload of one call.'),
  limitsResultSize: of(
    value.size(1),
    std.resultBytes,
    'Result of one activation; a longer one is cut and becomes an error.',
  ),
  limitsCodeSize: of(value.size(1), std.codeBytes, 'Code of an action.'),
  limitsSequenceLength: of(value.whole(1), std.sequenceLength, 'Actions in a sequence.'),
};

/** What they say together, in the words of the rest of the node. @param problems what cannot be is added to them */
export function limitsFrom(all: { readonly [K in keyof typeof limits]: number }, problems: string[]): SystemLimits {
  const ranges = {
    timeout: { min: all.limitsTimeoutMin, std: all.limitsTimeoutStd, max: all.limitsTimeoutMax },
    memory: { min: all.limitsMemoryMin, std: all.limitsMemoryStd, max: all.limitsMemoryMax },
    logs: { min: all.limitsLogsMin, std: all.limitsLogsStd, max: all.limitsLogsMax },
  };
  for (const [name, { min, std, max }] of Object.entries(ranges)) {
    const show = (amount: number) => (name === 'timeout' ? showDuration(amount) : showSize(amount * MB));
    if (min <= std && std <= max) continue;
    problems.push(
      `limits-${name}-min, -std and -max must rise, but they are ${show(min)}, ${show(std)} and ${show(max)}`,
    );
  }
  return Object.freeze({
    ...ranges,
    concurrency: { ...std.concurrency, max: all.limitsConcurrencyMax },
    parameterBytes: all.limitsParameterSize,
    payloadBytes: all.limitsPayloadSize,
    resultBytes: all.limitsResultSize,
    codeBytes: all.limitsCodeSize,
    invocationsPerMinute: all.limitsInvocationsPerMinute,
    concurrentInvocations: all.limitsConcurrentInvocations,
    firesPerMinute: all.limitsFiresPerMinute,
    sequenceLength: all.limitsSequenceLength,
  });
}
