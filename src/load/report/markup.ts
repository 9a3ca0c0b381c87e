/** Text for HTML and SVG. Pure. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export type Attributes = Readonly<Record<string, string | number>>;

/** `<name a="1">inner</name>`. @param inner markup, already escaped */
export function tag(name: string, attributes: Attributes, inner = ''): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(shown(value))}"`);
  return `<${name}${all.join('')}>${inner}</${name}>`;
}

/** A hundredth of a pixel is more than can be seen. */
function shown(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

/** A time as people read it: `61 µs`, `4.2 ms`, `1.5 s`. @param us microseconds */
export function showTime(us: number): string {
  if (us < 1_000) return `${digits(us)} µs`;
  return us < 1_000_000 ? `${digits(us / 1_000)} ms` : `${digits(us / 1_000_000)} s`;
}

/** Three digits say all that such figures know; a whole number says no more than it is. */
export function digits(value: number): string {
  const text = value >= 99.5 ? value.toFixed(0) : value >= 9.95 ? value.toFixed(1) : value.toFixed(2);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `p50`, `p99.9`, `max`. @param share 0…1 */
export function showShare(share: number): string {
  if (share >= 1) return 'max';
  // Rounded, because 1 - 10 ** -3 is not 0.999.
  return `p${Number((share * 100).toFixed(4))}`;
}
