import { expect, test } from 'bun:test';
import { join } from 'node:path';

/** Clients of what a node may have, and need not. */
const CLIENTS = ['dockerode', 'kafkajs', 'nano'];
const LOADED = `
  await import('${join(import.meta.dir, '../../../src/node.ts')}');
  console.log(JSON.stringify(Object.keys(require.cache)));`;

test('a node loads no client of Docker, Kafka or CouchDB before it has one to talk to: each takes memory', () => {
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, '-e', LOADED]);
  expect(exitCode).toBe(0);
  const files = JSON.parse(stdout.toString()) as string[];
  expect(files.some((file) => file.includes('/node_modules/hono/'))).toBe(true);
  expect(files.filter((file) => CLIENTS.some((client) => file.includes(`/node_modules/${client}/`)))).toEqual([]);
});
