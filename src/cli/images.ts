import { UsageError } from './commands.ts';
import { type Flag, type ReadFlags, readFlags } from './flags.ts';
import { map } from './values.ts';

/** A command line of `images build`, understood. */
export interface ParsedImages {
  /** None means all. */
  readonly kinds: readonly string[];
  /** Base images by family. */
  readonly bases: ReadonlyMap<string, string>;
  /** The settings that stood on the line. */
  readonly flags: ReadFlags['values'];
}

const base = map(
  'FAMILY=IMAGE',
  'family=image, such as python=debian:12',
  (family, image) => family !== '' && image !== '',
);

/**
 * Reads what follows `whisklet images`.
 *
 * @param common options of settings
 * @throws UsageError
 */
export function parseImages(args: readonly string[], common: readonly Flag[]): ParsedImages {
  const [verb = '', ...rest] = args;
  if (verb !== 'build') throw new UsageError(`unknown command 'images ${verb}'. See whisklet images --help`);
  const { values, positionals: kinds, problems } = readFlags(rest, [...common, { name: 'base', many: true }]);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  const given = values.get('base') ?? [];
  const bases = base.read(given);
  if (!bases) throw new UsageError(`--base: '${given.join(',')}' is not ${base.expected}`);
  return { kinds, bases, flags: values };
}
