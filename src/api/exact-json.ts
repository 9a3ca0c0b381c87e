/** A JSON value whose whole numbers are exact, however long they are. */
export type Exact = null | boolean | number | bigint | string | Exact[] | ExactObject;
export type ExactObject = { readonly [key: string]: Exact };

/** @param text JSON that was checked before */
export function parseExact(text: string): Exact {
  // Only numbers of so many digits can lose some.
  return (/\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as Exact;
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isLong = typeof value === 'number' && !Number.isSafeInteger(value);
  return isLong && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source as string) : value;
}

/**
 * JSON for people, byte for byte as OpenWhisk prints it in answers of web actions (spray-json's PrettyPrinter): keys sorted,
 * members on lines of their own, arrays on one line.
 *
 *     {
 *       "a": [1, 2],
 *       "b": {
 *         "c": null
 *       }
 *     }
 */
export function prettyPrint(value: Exact, indent = ''): string {
  if (Array.isArray(value)) return `[${value.map((each) => prettyPrint(each, indent)).join(', ')}]`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${deeper}${JSON.stringify(key)}: ${prettyPrint(value[key] as Exact, deeper)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}
