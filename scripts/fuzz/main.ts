/** What `npm run fuzz` runs: `npm run fuzz -- --seconds 300 --seed 7`. Fails when something was found. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const schemathesis = process.env.WHISKLET_SCHEMATHESIS;
if (schemathesis === undefined) throw new Error('WHISKLET_SCHEMATHESIS is not set: start it with `npm run fuzz`');
const { problems, report } = await fuzz({ schemathesis, seconds: Number(values.seconds), seed: Number(values.seed) });
console.log(report);
for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
