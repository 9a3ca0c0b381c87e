import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overFifos } from '../util/pipe-place.ts';
import { initialized, resultOf, TestRuntime } from '../util/runtime.ts';

export interface PipesSubject {
  readonly name: string;
  readonly command: readonly string[];
  readonly code: {
    /** Returns its arguments. */
    readonly echo: string;
    /** Answers `{text}`: its whole environment as text. */
    readonly environment: string;
  };
}

/** How a runtime that is given FIFOs chooses between them and its standard streams. */
export function testPipes({ name, command, code }: PipesSubject): void {
  describe(`${name}: FIFOs`, () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'whisklet-pipes-'));
      const paths = [join(folder, 'in'), join(folder, 'out')];
      expect(Bun.spawnSync(['mkfifo', ...paths]).exitCode).toBe(0);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each([
      ['that are not there', () => '/nonexistent'],
      ['that nobody reads at the other end', () => folder],
    ])('%s are left for the standard streams', async (_, where) => {
      await using runtime = await TestRuntime.start(command, { __WHISKLET_PIPES: where() });
      await runtime.init(code.echo);
      expect(resultOf(await runtime.run({ a: 1 }))).toEqual({ a: 1 });
      runtime.place.closeStdin();
      expect((await runtime.place.exited).code).toBe(0);
    });

    test('are nothing that the code sees in its environment', async () => {
      await using runtime = await initialized(overFifos(command), code.environment);
      const { text } = resultOf(await runtime.run()) as { text: string };
      expect(text).toContain('TMPDIR');
      expect(text).not.toContain('__WHISKLET_PIPES');
    });
  });
}
