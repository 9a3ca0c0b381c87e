/** How answers of CouchDB are read, before nano sees them. */

/** What nano reads of an answer. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  json(): Promise<unknown>;
}
export type Read = (response: Response) => Promise<Answer>;

/**
 * The whole text before anything is done with it: an answer that breaks off is none.
 *
 * @param exact keeps all digits of whole numbers, see `CouchRequest`
 */
export function readAll(exact = false): Read {
  return async (response) => {
    const text = await response.text();
    const json: unknown = response.ok ? parse(text, exact) : parseRefusal(text);
    return answer(response, async () => json);
  };
}

export function readPieces(onText: (text: string) => void): Read {
  return async (response) => {
    if (!response.ok || response.body === null) return readAll()(response);
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) onText(piece);
    return answer(response, async () => undefined);
  };
}

function answer({ status, statusText }: Response, json: () => Promise<unknown>): Answer {
  return { status, statusText, headers: new Headers({ 'content-type': 'application/json' }), json };
}

function parse(text: string, exact: boolean): unknown {
  return JSON.parse(text, exact && LONG.test(text) ? keepDigits : undefined);
}

/** What stands between us and the server may say no in HTML. */
function parseRefusal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Only numbers of so many digits can lose some. */
const LONG = /\d{16}/;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  const isLossy = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return isLossy ? rawJson(source) : value;
}

function rawJson(source: string): unknown {
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(source);
}
