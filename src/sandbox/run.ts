/** What a short program said. */
export interface Said {
  /** Null when a signal ended it, the one of the time limit too, or when it could not be started. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end, for at most `timeoutMs`, away from what may lie in the folder where the node was started. Never throws. */
export async function run(
  argv: readonly string[],
  timeoutMs: number,
  env?: Readonly<Record<string, string>>,
): Promise<Said> {
  try {
    const child = Bun.spawn([...argv], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(env && { env: { ...env } }),
    });
    const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code: child.exitCode, output, errors };
  } catch (error) {
    return { code: null, output: '', errors: (error as Error).message };
  }
}
