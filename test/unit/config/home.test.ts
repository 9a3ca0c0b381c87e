import { expect, test } from 'bun:test';
import { homeFolder } from '../../../src/settings/home.ts';

test('a user without a home, whom /etc/passwd does not know, has the root folder', () => {
  expect(
    homeFolder(() => {
      throw new Error('ENOENT: no such file or directory, uv_os_homedir');
    }),
  ).toBe('/');
  expect(homeFolder(() => '/home/ann')).toBe('/home/ann');
});
