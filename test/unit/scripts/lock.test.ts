import { expect, test } from 'bun:test';
import lock from '../../../package-lock.json' with { type: 'json' };

interface Entry {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('the lock file has the packages of every platform, or `npm ci` refuses it', () => {
  const entries: Readonly<Record<string, Entry>> = lock.packages;
  const missing = Object.entries(entries).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !entries[`node_modules/${name}`] && !entries[`${path}/node_modules/${name}`])
      .map((name) => `${path} wants ${name}`),
  );
  expect(missing).toEqual([]);
  expect(Object.entries(entries).filter(([path, { version }]) => path !== '' && !version)).toEqual([]);
});
