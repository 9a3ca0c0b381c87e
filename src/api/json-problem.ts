import { MAX_DEPTH } from '../model/json.ts';

/**
 * Says where a text stops being JSON, as OpenWhisk's parser says it (spray-json, JsonParser.fail): what was found at which
 * index, line and position, what was expected, and the line with a mark below it. Called only once `JSON.parse` has refused.
 *
 *     Unexpected character 'b' at input index 1 (line 1, position 2), expected '"':
 *     {bad
 *      ^
 */
export function jsonProblem(text: string): string {
  try {
    new Scanner(text).scan();
  } catch (problem) {
    if (problem instanceof Problem) return problem.message;
    throw problem;
  }
  return 'it is not JSON';
}

class Problem extends Error {}

const WORDS: Readonly<Record<string, string>> = { f: 'false', t: 'true', n: 'null' };

class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#blanks();
    this.#value();
    if (this.#at < this.#text.length) this.#fail('end-of-input');
  }

  #value(): void {
    const char = this.#text[this.#at] ?? '';
    const word = WORDS[char];
    if (word !== undefined) this.#word(word);
    else if (char === '{') this.#nested('}', () => this.#member());
    else if (char === '[') this.#nested(']', () => this.#value());
    else if (char === '"') this.#string();
    else if (char === '-' || isDigit(char)) this.#number();
    else this.#fail('JSON Value');
    this.#blanks();
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('JSON Value');
    this.#at += word.length;
  }

  /** An object or an array: items between commas, up to its end. */
  #nested(end: string, item: () => void): void {
    if (++this.#depth > MAX_DEPTH) {
      throw new Problem(
        `JSON input nested too deeply:JSON input was nested more deeply than the configured limit of maxNesting = ${MAX_DEPTH}`,
      );
    }
    this.#at++;
    this.#blanks();
    if (this.#text[this.#at] !== end) {
      item();
      while (this.#text[this.#at] === ',') {
        this.#at++;
        this.#blanks();
        item();
      }
    }
    this.#expect(end);
    this.#depth--;
  }

  #member(): void {
    if (this.#text[this.#at] !== '"') this.#fail(`'"'`);
    this.#string();
    this.#blanks();
    this.#expect(':');
    this.#blanks();
    this.#value();
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\\') this.#escape();
      else if (char === '"' || char < ' ') break;
      else this.#at++;
    }
    this.#expect('"');
  }

  #escape(): void {
    const char = this.#text[++this.#at] ?? '';
    if (!'"/\\bfnrtu'.includes(char) || char === '') this.#fail('JSON escape sequence');
    this.#at++;
    if (char !== 'u') return;
    for (let n = 0; n < 4; n++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('hex digit');
      this.#at++;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits();
    }
    if (this.#text[this.#at]?.toLowerCase() === 'e') {
      this.#at++;
      if ('+-'.includes(this.#text[this.#at] ?? ' ')) this.#at++;
      this.#digits();
    }
  }

  #digits(): void {
    if (!isDigit(this.#text[this.#at] ?? '')) this.#fail('DIGIT');
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  #expect(char: string): void {
    if (this.#text[this.#at] !== char) this.#fail(`'${char}'`);
    this.#at++;
  }

  #blanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '.')) this.#at++;
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#at).split('\n');
    const position = (before.at(-1) as string).length + 1;
    const line = this.#text.split('\n')[before.length - 1] ?? '';
    const char = this.#text[this.#at];
    const found = char === undefined ? 'end-of-input' : `character '${isControl(char) ? escaped(char) : char}'`;
    const shown = [...line].map((each) => (isControl(each) ? '?' : each)).join('');
    throw new Problem(
      `Unexpected ${found} at input index ${this.#at} (line ${before.length}, position ${position}), expected ${expected}:\n` +
        `${shown}\n${' '.repeat(position - 1)}^\n`,
    );
  }
}

const isDigit = (char: string) => char >= '0' && char <= '9' && char.length === 1;
const isControl = (char: string) => char < ' ' || (char >= '\u007f' && char <= '\u009f');
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
