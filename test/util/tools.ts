/** Where a program of the system is, or undefined. */
export function findTool(name: string): string | undefined {
  return Bun.which(name, { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }) ?? undefined;
}
