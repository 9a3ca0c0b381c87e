/** Where commands print to; tests give their own. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
}

export const standardIo: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};
