/**
 * What base64 is, as Java's decoder takes it. It may be the code of an action, of tens of megabytes, so no pattern repeats a
 * group here: the engine gives that up after some millions of rounds, and says that the text does not match.
 */

/** No blanks, and the padding at the end or not at all. */
export function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, '');
  if (/[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) return false;
  return digits.length === text.length || text.length % 4 === 0;
}

/** With its padding, and not empty. */
export function isPaddedBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && isBase64(text);
}
