export const FIRST_VERSION = '0.0.1';

/** What Scala's Int can be. */
const MAX_PART = 2 ** 31 - 1;

/** `1.2.3`; missing parts are 0, as wskdeploy sends `1.0`. Undefined for what is no version, and for 0.0.0 (SemVer.scala). */
export function parseVersion(text: string): string | undefined {
  const parts = text.replace(/\.+$/, '').split('.').slice(0, 3);
  if (!parts.every((part) => /^\d+$/.test(part) && Number(part) <= MAX_PART)) return undefined;
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return major + minor + patch === 0 ? undefined : `${major}.${minor}.${patch}`;
}

/** The next patch: what an update gets that names no version. */
export function nextVersion(version: string): string {
  const [major, minor, patch] = version.split('.').map(Number) as [number, number, number];
  return `${major}.${minor}.${patch + 1}`;
}
