import { expect, test } from 'bun:test';
import { fuzz } from '../../scripts/fuzz/fuzz.ts';
import { need } from '../util/need.ts';

/** Requests that nobody thought of (scripts/fuzz): no fault, no stack trace, no answer that is not described, no hang. */

const SECONDS = 60;
/** Always the same, so that a run does not depend on luck; `npm run fuzz` takes others. */
const SEED = 1;

const schemathesis = need('schemathesis (npm run fuzz installs it)', process.env.WHISKLET_SCHEMATHESIS);

if (schemathesis) {
  test(
    'the API holds against requests that are made up from its description',
    async () => {
      const { problems, report } = await fuzz({ schemathesis, seconds: SECONDS, seed: SEED });
      if (problems.length > 0) console.log(report);
      expect(problems).toEqual([]);
    },
    (SECONDS + 120) * 1000,
  );
}
