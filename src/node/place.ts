import { join } from 'node:path';
import type { NodeFacts } from '../cli/banner.ts';
import type { Settings } from '../config.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Events } from '../observe/events.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { unpackShims } from '../sandbox/shims.ts';
import { build } from './build-info.ts';
import { isExposed, lookAtHost } from './host.ts';
import { readManifest } from './runtimes.ts';

/** Where a node runs: its host, its sandbox, and what can run in there. */
export interface Place {
  readonly sandbox: Sandbox;
  /** Why this sandbox. */
  readonly why: string;
  /** Without the kinds that cannot run here. */
  readonly manifest: Manifest;
  /** All kinds, and what is wrong with those that cannot run here. */
  readonly kinds: NodeFacts['kinds'];
  /** Addresses to listen on. */
  readonly hosts: readonly string[];
  /** Where containers reach this node. */
  readonly insideHost: string;
  /** True when other machines can reach it. */
  readonly exposed: boolean;
  /** Of the host, in bytes. */
  readonly memory: number;
}

/** Opens the sandbox, and clears away what is left there of a node that was killed. @throws ManifestError */
export async function openPlace(settings: Settings, events: Events, opened: AsyncDisposableStack): Promise<Place> {
  const { dataDir } = settings;
  const host = lookAtHost();
  const shimsDir = await unpackShims(join(dataDir, 'runtimes'));
  const { sandbox, why, gateway } = await chooseSandbox({
    ...{ dataDir, shimsDir, events, executable: process.execPath, version: build.version },
    wanted: settings.sandbox,
    dockerSocket: settings.dockerSocket,
    pull: settings.pull,
  });
  opened.defer(() => sandbox.close());
  await sandbox.sweep();
  /** Where containers with a network of their own reach this node. */
  const bridge = sandbox.name === 'docker' ? (gateway ?? host.bridge) : undefined;
  const hosts = settings.host ?? ['127.0.0.1', ...(bridge ? [bridge] : [])];
  return {
    ...{ sandbox, why, hosts, insideHost: bridge ?? '127.0.0.1', memory: host.memory },
    ...(await runnable(await readManifest(settings.manifest), sandbox)),
    exposed: isExposed(hosts, gateway ?? host.bridge),
  };
}

async function runnable(all: Manifest, sandbox: Sandbox): Promise<Pick<Place, 'manifest' | 'kinds'>> {
  const kinds = await Promise.all(
    all.kinds.map(async (kind) => {
      const supported = await sandbox.supports(kind);
      return supported === true ? { kind: kind.kind } : { kind: kind.kind, problem: supported };
    }),
  );
  const problems = new Set(kinds.filter((each) => 'problem' in each).map(({ kind }) => kind));
  return { manifest: all.filter(({ kind }) => !problems.has(kind)), kinds };
}
