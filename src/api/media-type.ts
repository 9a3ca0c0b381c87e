/**
 * Content types as OpenWhisk's server sorts them (Pekko's `MediaTypes`), because web actions depend on it: what is text goes as
 * text, what is binary as base64. A type that Pekko does not know is binary, `text/javascript` too, unless it names a charset.
 */
export interface MediaType {
  /** `text/html`, in lower case, with all parameters but the charset: `application/ld+json; profile="…"`. */
  readonly value: string;
  /** `open`: text that says its charset. `fixed`: text that is always UTF-8. `none`: binary. */
  readonly charset: 'open' | 'fixed' | 'none';
}

export const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'application/x-www-form-urlencoded';

const FIXED = new Set([
  ...namesOf('application', 'json json-patch+json merge-patch+json problem+json vnd.api+json x-www-form-urlencoded'),
  'text/event-stream',
]);
const OPEN = new Set([
  ...namesOf('application', 'atom+xml base64 javascript problem+xml rss+xml soap+xml vnd.google-earth.kml+xml'),
  ...namesOf('application', 'x-latex x-vrml xhtml+xml xml xml-dtd'),
  ...namesOf('text', 'asp cache-manifest calendar css csv html markdown mcf plain richtext tab-separated-values'),
  ...namesOf('text', 'uri-list vnd.wap.wml vnd.wap.wmlscript x-asm x-c x-component x-h x-java-source x-pascal'),
  ...namesOf('text', 'x-script x-scriptcsh x-scriptelisp x-scriptksh x-scriptlisp x-scriptperl x-scriptperl-module'),
  ...namesOf('text', 'x-scriptphyton x-scriptrexx x-scriptscheme x-scriptsh x-scripttcl x-scripttcsh x-scriptzsh'),
  ...namesOf('text', 'x-server-parsed-html x-setext x-sgml x-speech x-uuencode x-vcalendar x-vcard xml'),
]);
/** Binary also with a charset. */
const BINARY = [
  /^(?:audio|font|image|message|multipart|video)\//,
  /^application\/(?:cbor|grpc\+proto|java-archive|msword|octet-stream|pdf|postscript|zip)$/,
  /^application\/(?:vnd\.(?:ms-|oasis\.|openxmlformats-)|x-(?:.*compressed|bzip2?|compress|gtar|gzip|tar)$)/,
];

function namesOf(main: string, subtypes: string): string[] {
  return subtypes.split(' ').map((subtype) => `${main}/${subtype}`);
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(
  `^\\s*(${TOKEN}/${TOKEN})((?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*)[ \\t]*$`,
);
const PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})=(${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`, 'g');

const json: MediaType = { value: JSON_TYPE, charset: 'fixed' };

/** Undefined when it is no content type at all. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text === JSON_TYPE) return json;
  const match = TYPE.exec(text);
  if (!match) return undefined;
  const essence = (match[1] as string).toLowerCase();
  const parameters = [...(match[2] as string).matchAll(PARAMETER)];
  const rest = parameters.filter(([, name]) => name?.toLowerCase() !== 'charset');
  const value = essence + rest.map(([, name, given]) => `; ${name}=${given}`).join('');
  return { value, charset: charsetOf(essence, rest.length < parameters.length) };
}

function charsetOf(essence: string, namesCharset: boolean): MediaType['charset'] {
  if (FIXED.has(essence)) return 'fixed';
  if (OPEN.has(essence)) return 'open';
  return namesCharset && !BINARY.some((each) => each.test(essence)) ? 'open' : 'none';
}

/** A type with parameters is none of the family, as in OpenWhisk. */
export function isJsonFamily({ value }: MediaType): boolean {
  return value === JSON_TYPE || value.endsWith('+json');
}

/** As it stands in the header of an answer; our text is always UTF-8. */
export function contentTypeOf({ value, charset }: MediaType): string {
  return charset === 'open' ? `${value}; charset=UTF-8` : value;
}
