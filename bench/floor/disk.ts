import { closeSync, fdatasyncSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a small write costs that is to survive a power cut: one page at the end of a file, and its sync. */
export class Disk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
  readonly #file = openSync(join(this.#folder, 'pages'), 'w');
  readonly #page = Buffer.alloc(4096, 1);

  /** Microseconds of each of so many writes, one after the other. */
  writeOneByOne(count: number): number[] {
    ftruncateSync(this.#file, 0);
    return Array.from({ length: count }, () => {
      const start = performance.now();
      writeSync(this.#file, this.#page);
      fdatasyncSync(this.#file);
      return (performance.now() - start) * 1000;
    });
  }

  close(): void {
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true });
  }
}
