import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Events } from '../observe/events.ts';
import type { Admin } from './admin.ts';
import type { AdminAnswer, AdminCommand } from './command.ts';

/**
 * The way to a running node for commands of the same machine: a Unix socket in the data folder, which only the
 * owner of the node can open. One POST with the command as JSON, answered with the `AdminAnswer` as JSON.
 */

export function adminSocket(dataDir: string): string {
  return join(dataDir, 'admin.sock');
}

export interface AdminServer {
  close(): Promise<void>;
}

/** Starts to listen. The caller holds the data folder, so a socket that lies there is a dead node's. */
export function serveAdmin(dataDir: string, admin: Admin, events: Events): AdminServer {
  const path = adminSocket(dataDir);
  rmSync(path, { force: true });
  // Bound with this mask, the socket is never open to others, not even before chmod.
  const mask = process.umask(0o177);
  let server: Bun.Server<undefined>;
  try {
    server = Bun.serve({ unix: path, fetch: (request) => answer(request, admin, events) });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return {
    async close() {
      await server.stop();
      rmSync(path, { force: true });
    },
  };
}

async function answer(request: Request, admin: Admin, events: Events): Promise<Response> {
  try {
    const command = (await request.json()) as AdminCommand;
    const result = await admin.run(command);
    events.info('admin', `${command.do}: exit ${result.exit}`);
    return Response.json(result);
  } catch (error) {
    events.error('admin', `a command failed: ${String(error)}`);
    return Response.json({ lines: [`The node could not do it: ${String(error)}`], exit: 1 } satisfies AdminAnswer);
  }
}

/** Has the running node carry out the command; undefined when no node runs on this data folder. */
export async function askNode(dataDir: string, command: AdminCommand): Promise<AdminAnswer | undefined> {
  let response: Response;
  try {
    const body = JSON.stringify(command);
    response = await fetch('http://whisklet/', { unix: adminSocket(dataDir), method: 'POST', body });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'FailedToOpenSocket') return undefined;
    throw error;
  }
  return (await response.json()) as AdminAnswer;
}
