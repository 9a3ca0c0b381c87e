/**
 * Sizes and durations as people write them. A unit always stands there, so that nobody has to guess it:
 * `512 MB`, `48MB`, `1g`; `60 s`, `100ms`, `10 min`, `7 d`, `2 minutes`. A size counts in 1024s, as OpenWhisk's do.
 */

const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** The long names are those of Scala's durations, which stand in manifests of OpenWhisk. */
const DURATION_UNITS: readonly (readonly [ms: number, names: RegExp])[] = [
  [1, /^(ms|millis?|milliseconds?)$/],
  [1000, /^(s|secs?|seconds?)$/],
  [60_000, /^(m|mins?|minutes?)$/],
  [3_600_000, /^(h|hours?)$/],
  [86_400_000, /^(d|days?)$/],
];

/** Bytes, or undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(b|[kmgt](?:i?b)?)$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = SIZE_UNITS[(match[2] as string).charAt(0).toLowerCase()] as number;
  return Math.floor(Number(match[1]) * unit);
}

/** Milliseconds, or undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text.trim());
  const unit = match && DURATION_UNITS.find(([, names]) => names.test(match[2] as string));
  return unit ? Math.floor(Number(match[1]) * unit[0]) : undefined;
}

/** The largest unit that leaves no fraction: `512 MB`, `1536 MB`, `2 GB`. */
export function showSize(bytes: number): string {
  const units: [string, number][] = [
    ['TB', 1024 ** 4],
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['KB', 1024],
  ];
  return show(bytes, units, 'B');
}

/** The largest unit that leaves no fraction: `90 s`, `10 min`, `7 d`. */
export function showDuration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  return show(ms, units, 'ms');
}

function show(value: number, units: readonly [string, number][], smallest: string): string {
  for (const [name, factor] of units) {
    if (value >= factor && value % factor === 0) return `${value / factor} ${name}`;
  }
  return `${value} ${smallest}`;
}
