import { expect, test } from 'bun:test';
import peers from '../../../bench/peers/package-lock.json' with { type: 'json' };
import lock from '../../../package-lock.json' with { type: 'json' };

interface Entry {
  readonly name?: string;
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test.each([
  ['', lock.packages],
  [' of the bench’s peers', peers.packages],
])('the lock file%s has the packages of every platform, or `npm ci` refuses it', (_, packages) => {
  const entries: Readonly<Record<string, Entry>> = packages;
  const missing = Object.entries(entries).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !entries[`node_modules/${name}`] && !entries[`${path}/node_modules/${name}`])
      .map((name) => `${path} wants ${name}`),
  );
  expect(missing).toEqual([]);
  expect(Object.entries(entries).filter(([path, { version }]) => path !== '' && !version)).toEqual([]);
});
