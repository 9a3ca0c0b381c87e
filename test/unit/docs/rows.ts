/**
 * The rows of OpenWhisk's behaviour by their names, as docs/compatibility.md and the tests use them: how many a group has,
 * and which of them are of first priority, without which wsk, a client or an existing action breaks.
 */
export const groups = {
  STD: { rows: 29, first: '1…3, 5, 7, 8, 17…20, 22, 24' },
  REST: { rows: 16, first: '1, 2, 4, 5, 7…13' },
  EP: { rows: 30, first: '1…3, 10…29' },
  LIST: { rows: 6, first: '1…6' },
  ERR: { rows: 19, first: '1…12, 14, 15, 17, 18' },
  ENT: { rows: 15, first: '1…13' },
  ACT: { rows: 19, first: '1…12, 15, 16, 18' },
  PAR: { rows: 15, first: '1, 4…10' },
  AVN: { rows: 15, first: '1…8, 11…15' },
  TRG: { rows: 10, first: '1…4, 6, 7, 9' },
  PKG: { rows: 6, first: '1…3' },
  WEB: { rows: 20, first: '1…19' },
  GW: { rows: 5, first: '' },
  LIM: { rows: 20, first: '1…4, 6, 8…14, 16, 18…20' },
  RT: { rows: 7, first: '1…3, 5, 6' },
  PROT: { rows: 9, first: '1…7, 9' },
  INV: { rows: 21, first: '1, 3, 13, 15…18' },
  MSG: { rows: 12, first: '8' },
  DB: { rows: 6, first: '1' },
  LOG: { rows: 6, first: '2, 3' },
  MET: { rows: 13, first: '' },
  ADM: { rows: 11, first: '' },
  CLI: { rows: 18, first: '1…8, 10, 11, 13…15, 17, 18' },
  CAT: { rows: 7, first: '5, 7' },
  SPI: { rows: 5, first: '' },
  TRAP: { rows: 17, first: '' },
} as const;

export const allRows: readonly string[] = Object.entries(groups).flatMap(([group, { rows }]) =>
  rowsIn(`${group}-01…${rows}`),
);

export const firstRows: ReadonlySet<string> = new Set(
  Object.entries(groups).flatMap(([group, { first }]) => (first === '' ? [] : rowsIn(`${group}-${first}`))),
);

/** The rows that a text names, in its order: `AVN-01…03, 09` are four, and `ERR-13` is one. */
export function rowsIn(text: string): string[] {
  const rows: string[] = [];
  for (const [, group = '', list = ''] of text.matchAll(
    /\b([A-Z]{2,4})-(\d{1,2}(?:…\d{1,2})?(?:, \d{1,2}(?:…\d{1,2})?)*)\b/g,
  )) {
    if (!Object.hasOwn(groups, group)) continue;
    for (const part of list.split(', ')) {
      const [first = 0, last = first] = part.split('…').map(Number);
      for (let number = first; number <= last; number++) rows.push(`${group}-${String(number).padStart(2, '0')}`);
    }
  }
  return rows;
}
