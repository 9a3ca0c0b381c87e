/** Numbered lines, so that any change of order shows. */
export function numbered(bytes: number): Buffer {
  const lines: string[] = [];
  for (let index = 0; lines.length * 16 < bytes; index++) lines.push(`${String(index).padStart(15, '0')}\n`);
  return Buffer.from(lines.join(''));
}
