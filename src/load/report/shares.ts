import { COLOURS } from './curves.ts';
import { escapeText, showTime, tag } from './markup.ts';

/** One call's time by its steps. */
export interface Steps {
  readonly name: string;
  /** In the order in which they are taken, in microseconds. */
  readonly steps: readonly (readonly [step: string, us: number])[];
}

const WIDTH = 860;
const LEFT = 150;
const RIGHT = 90;
const ROW = 46;
/** A share below this has no room for its name: it stands in the list below. */
const NAMED = 0.07;

/** The share of each step in a call: one bar for each, all of the same length, with the whole time behind it. Pure. */
export function shares(all: readonly Steps[]): string {
  const rows = all.filter(({ steps }) => total(steps) > 0);
  if (rows.length === 0) return '';
  const names = [...new Set(rows.flatMap(({ steps }) => steps.map(([step]) => step)))];
  const colour = (step: string) => names.indexOf(step) % COLOURS;
  const bars = rows.flatMap(({ name, steps }, row) => {
    const y = row * ROW + 8;
    const sum = total(steps);
    const parts = [tag('text', { x: LEFT - 10, y: y + 20, class: 'end' }, escapeText(name))];
    let x = LEFT;
    for (const [step, us] of steps) {
      const width = (us / sum) * (WIDTH - LEFT - RIGHT);
      const title = tag('title', {}, `${escapeText(step)}: ${showTime(us)}, ${percent(us / sum)}`);
      parts.push(tag('rect', { x, y, width, height: 30, class: `bar f${colour(step)}` }, title));
      if (us / sum >= NAMED) {
        parts.push(tag('text', { x: x + width / 2, y: y + 19, class: 'middle in' }, escapeText(step)));
      }
      x += width;
    }
    return [...parts, tag('text', { x: WIDTH - RIGHT + 10, y: y + 20 }, showTime(sum))];
  });
  const svg = tag('svg', { viewBox: `0 0 ${WIDTH} ${rows.length * ROW + 8}`, role: 'img' }, bars.join(''));
  const legend = names.map((step) => tag('span', { class: `key k${colour(step)}` }, escapeText(step)));
  return tag('figure', {}, tag('figcaption', {}, legend.join('')) + svg);
}

/** `12 %`. @param share 0…1 */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function total(steps: Steps['steps']): number {
  return steps.reduce((sum, [, us]) => sum + us, 0);
}
