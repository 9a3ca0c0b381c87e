/** Reads what `bun test` reports in JUnit's format, and says it in a few lines. Pure. */

export interface TestResult {
  readonly file: string;
  /** With the names of its suites: `the store > keeps what it was given`. */
  readonly name: string;
  readonly seconds: number;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed, with the places in the code. */
  readonly failure?: string;
}

const SLOW_SECONDS = 5;
const SLOWEST = 10;
/** Shown of why a test failed. */
const FAILURE_LINES = 30;

export function readReport(xml: string): TestResult[] {
  const results: TestResult[] = [];
  const suites: string[] = [];
  for (const [tag, body = ''] of xml.matchAll(
    /<testsuite\s[^>]*>|<\/testsuite>|<testcase\s[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    if (tag.startsWith('</')) suites.pop();
    else if (tag.startsWith('<testsuite')) suites.push(attribute(tag, 'name'));
    else {
      results.push({
        file: attribute(tag, 'file'),
        // The outermost suite is the file.
        name: [...suites.slice(1), attribute(tag, 'name')].join(' > '),
        seconds: Number(attribute(tag, 'time')),
        ...readFailure(body),
        status: /<(?:failure|error)\b/.test(body) ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
      });
    }
  }
  return results;
}

/**
 * Lines about slow, skipped and failed tests, and the counts as the last one.
 *
 * @param exit what `bun test` ended with: a file that cannot be loaded has no test in the report, and fails too
 */
export function summarize(results: readonly TestResult[], exit: number): { lines: string[]; failed: number } {
  const of = (status: TestResult['status']) => results.filter((each) => each.status === status);
  const slow = [...results].filter(({ seconds }) => seconds >= SLOW_SECONDS).sort((a, b) => b.seconds - a.seconds);
  const passed = of('passed').length;
  const skipped = of('skipped');
  const failures = of('failed').map(({ file, name, failure }) =>
    [`  ${file}: ${name}`, ...indent(failure ?? '')].join('\n'),
  );
  if (exit !== 0 && failures.length === 0) failures.push(`  bun test ended with ${exit}: see above`);
  if (results.length === 0 && failures.length === 0) failures.push('  no test was run');
  const lines = [
    ...section(
      'Slow',
      slow.slice(0, SLOWEST).map(({ file, name, seconds }) => `  ${seconds.toFixed(1)} s  ${file}: ${name}`),
    ),
    ...section('Skipped', groups(skipped)),
    ...section('Failed', failures),
    `${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
  ];
  return { lines, failed: failures.length };
}

/** One line for the tests of a suite, whose name tells why they are skipped. */
function groups(skipped: readonly TestResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { file, name } of skipped) {
    const suite = name.includes(' > ') ? name.slice(0, name.indexOf(' > ')) : name;
    const line = `${file}: ${suite}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `  ${line}${count > 1 ? ` (${count} tests)` : ''}`);
}

function readFailure(body: string): { failure?: string } {
  const text = /<failure\b[^>]*>([\s\S]*?)<\/failure>/.exec(body)?.[1];
  return text === undefined ? {} : { failure: decode(text) };
}

function indent(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, FAILURE_LINES).map((line) => `      ${line}`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`${title}:`, ...lines, ''] : [];
}

function attribute(tag: string, name: string): string {
  return decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** Text without XML's entities, those of characters too. */
function decode(text: string): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] as string);
}
