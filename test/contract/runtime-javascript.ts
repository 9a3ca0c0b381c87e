import { expect } from 'bun:test';
import type { Language } from './runtime.ts';
import type { AheadSubject } from './runtime-ahead.ts';
import type { PipesSubject } from './runtime-pipes.ts';

/** What `testRuntime` needs of JavaScript, for Bun and Node alike. */
export const javascript: Pick<Language, 'concurrent' | 'code' | 'archives' | 'says'> = {
  concurrent: true,
  code: {
    echo: 'function main(args) { return args }',
    niam: 'function niam(args) { return args }',
    unicode: `function main(args) {
      const winter = args.delimiter + ' ☃ ' + args.delimiter;
      console.log(winter);
      return { winter };
    }`,
    env: 'const main = ({ names }) => Object.fromEntries(names.map((name) => [name, process.env[name]]));',
    envAtLoad: 'const at_load = process.env.SOME_VAR; function main() { return { at_load } }',
    prints: `const { execSync } = require('child_process');
    function main() {
      console.log('out 1');
      console.error('err %d', 1);
      execSync('echo child out; echo child err >&2', { stdio: 'inherit' });
      require('fs').writeSync(1, 'raw\\n');
      console.log('out', 2);
    }`,
    printsAtLoad: "console.log('at load'); function main() {}",
    printsUnfinished: "function main() { process.stdout.write('no '); process.stdout.write('end') }",
    printsMany: "function main({ count }) { for (let i = 0; i < count; i += 1) console.log('line ' + i) }",
    hangs: "function main() { console.log('before'); for (;;); }",
    printsLater: `async function main({ wait }) {
      if (!wait) setTimeout(() => console.log('later'), 50);
      else await new Promise((done) => setTimeout(done, 200));
    }`,
    exits: "function main() { console.log('last words'); process.exit(1) }",
    exitsAtLoad: "console.log('last words'); process.exit(1); function main() {}",
    throws: "function main() { throw new Error('boom') }",
    returnsText: "function main() { return 'not a json object' }",
    returnsNull: 'function main() { return null }',
    returnsList: "function main() { return ['a', 'b'] }",
    returnsLong: "function main({ count }) { return { text: 'é'.repeat(count) } }",
    syntaxError: 'syntax error here',
    noMain: 'function nomain() {}',
    readsInput: "function main() { return { text: require('fs').readFileSync(0, 'utf8') } }",
  },
  archives: {
    modules: {
      'package.json': '{ "main": "lib/start.js" }',
      'lib/start.js': "const { echo } = require('./echo'); exports.main = (args) => echo(args)",
      'lib/echo.js': 'exports.echo = (args) => ({ echo: args })',
    },
    reads: {
      'index.js': "exports.main = () => ({ text: require('fs').readFileSync('data.txt', 'utf8') })",
      'data.txt': 'this is data',
    },
    runsTool: {
      'index.js': `const { execFileSync } = require('child_process');
        exports.main = () => ({ text: execFileSync('./tool').toString().trim() })`,
      'bin/tool.sh': { content: '#!/bin/sh\necho from the tool\n', mode: 0o755 },
    },
    withoutMain: { hello: 'Hello world!' },
  },
  says: {
    throws: ({ answer, lines }) => {
      expect(answer).toEqual({ type: 'failure', error: 'An error has occurred: Error: boom' });
      expect(lines[0]).toBe('stderr: Error: boom');
      expect(lines[1]).toMatch(/^stderr: {5}at main \(.*index\.js:1:\d+\)$/);
    },
    notDictionary: 'The action did not return a dictionary.',
    syntaxError: /^Initialization has failed due to: SyntaxError: Unexpected identifier( 'error')?\n/,
    noMain: /^Initialization has failed due to: Action entrypoint 'main' is not a function\.$/,
    noCode: 'Missing main/no code to execute.',
    badArchive: /^Initialization has failed due to: There was an error uncompressing the action /,
    withoutMain:
      /^Initialization has failed due to: Zipped actions must contain either package.json or index.js at the root\.$/,
    exits: undefined,
    exitsAtLoad: undefined,
  },
};

/** What `testAhead` needs of JavaScript. */
export const javascriptAhead: AheadSubject['code'] = {
  overlaps: `let busy = 0;
    async function main({ n }) {
      const others = busy++;
      console.log('run ' + n, process.env.__OW_ACTIVATION_ID);
      await new Promise((done) => setTimeout(done, 2));
      busy--;
      return { n, others };
    }`,
  waits: `let count = 0;
    const main = ({ ms }) => (count++, new Promise((done) => setTimeout(() => done({ count }), ms)))`,
  fails: `let count = 0;
    function main({ bad }) { count++; if (bad) throw new Error('boom'); return { count } }`,
};

/** What `testPipes` needs of it. */
export const javascriptPipes: PipesSubject['code'] = {
  echo: 'function main(args) { return args; }',
  environment: 'function main() { return { text: JSON.stringify(process.env) }; }',
};
