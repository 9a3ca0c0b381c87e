import { UsageError } from './commands.ts';
import { type Flag, type ReadFlags, readFlags } from './flags.ts';

/** A command of `whisklet db`, understood. */
export type DbCommand =
  | { readonly do: 'init' | 'check' }
  | { readonly do: 'export'; readonly file: string; readonly withRecords: boolean }
  | { readonly do: 'import'; readonly file: string; readonly overwrite: boolean }
  | {
      readonly do: 'migrate';
      /** Where all of it goes; it comes from the other one. */
      readonly to: 'couchdb' | 'folder';
      readonly withRecords: boolean;
      readonly overwrite: boolean;
    };

export interface ParsedDb {
  readonly command: DbCommand;
  /** The settings that stood on the line. */
  readonly flags: ReadFlags['values'];
}

interface DbSyntax {
  readonly argument?: string;
  readonly options: readonly DbOption[];
  readonly what: string;
}

type DbOption = 'overwrite' | 'without-records';

export const dbOptions: Readonly<Record<DbOption, string>> = {
  overwrite: 'replace what is there by the same name; without it that is left as it is',
  'without-records': 'leave out the records of activations',
};

export const dbCommands: Readonly<Record<DbCommand['do'], DbSyntax>> = {
  init: { options: [], what: 'make what is missing: the data file, or the databases and their views in CouchDB' },
  check: {
    options: [],
    what: 'look for what is missing or damaged, and say what to do; exit code 1 when there is something',
  },
  export: {
    argument: 'FILE',
    options: ['without-records'],
    what: 'write all that the store keeps to a new file, also while nodes run',
  },
  import: { argument: 'FILE', options: ['overwrite'], what: 'read all that such a file has into the store' },
  migrate: {
    argument: 'couchdb|folder',
    options: ['overwrite', 'without-records'],
    what: 'copy all from the data folder to CouchDB, or from CouchDB to the data folder',
  },
};

/**
 * Reads what follows `whisklet db`.
 *
 * @param common options of settings
 * @throws UsageError
 */
export function parseDb(args: readonly string[], common: readonly Flag[]): ParsedDb {
  const [verb = '', ...rest] = args;
  if (!isVerb(verb)) throw new UsageError(`unknown command 'db ${verb}'. See whisklet db --help`);
  const { options } = dbCommands[verb];
  const own = options.map((name): Flag => ({ name, alone: true }));
  const { values, positionals, problems } = readFlags(rest, [...own, ...common]);
  const all = [...problems, ...wordProblems(verb, positionals)];
  if (all.length > 0) throw new UsageError(all.map((problem) => `db ${verb}: ${problem}`).join('\n'));
  const [word = ''] = positionals;
  const overwrite = values.has('overwrite');
  const withRecords = !values.has('without-records');
  return { command: commandOf(verb, word, { overwrite, withRecords }), flags: values };
}

function wordProblems(verb: DbCommand['do'], words: readonly string[]): string[] {
  const { argument } = dbCommands[verb];
  const [word, ...more] = words;
  const surplus = argument === undefined ? words : more;
  const unexpected = surplus.map((each) => `unexpected '${each}'`);
  if (argument === undefined) return unexpected;
  if (word === undefined) return [`${argument} is missing`];
  const isKnown = verb !== 'migrate' || word === 'couchdb' || word === 'folder';
  return isKnown ? unexpected : [`'${word}' is not one of 'couchdb', 'folder'`, ...unexpected];
}

function commandOf(
  verb: DbCommand['do'],
  word: string,
  { overwrite, withRecords }: { readonly overwrite: boolean; readonly withRecords: boolean },
): DbCommand {
  switch (verb) {
    case 'export':
      return { do: verb, file: word, withRecords };
    case 'import':
      return { do: verb, file: word, overwrite };
    case 'migrate':
      return { do: verb, to: word === 'couchdb' ? 'couchdb' : 'folder', withRecords, overwrite };
    default:
      return { do: verb };
  }
}

function isVerb(word: string): word is DbCommand['do'] {
  return Object.hasOwn(dbCommands, word);
}
