/**
 * The other side of `Program`: hears the lines that this program is told, and ends it when there will be no more.
 *
 * @param take is not called again before its promise has ended
 */
export function hear(take: (line: string) => Promise<void> | void): void {
  const listen = async () => {
    for await (const line of console) if (line !== '') await take(line);
  };
  listen().then(
    () => process.exit(0),
    (error: Error) => {
      console.error(error.stack ?? error.message);
      process.exit(1);
    },
  );
}
