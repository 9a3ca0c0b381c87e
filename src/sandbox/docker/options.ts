import type { ContainerOptions } from '../docker.ts';
import type { PlaceSpec } from '../sandbox.ts';

/** What all containers of a node have in common. */
export interface ContainerDefaults {
  readonly network: string;
  readonly dns: readonly string[];
  /** CPUs that one container may use at most; undefined for no limit but its share. */
  readonly cpus: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the engine can put an init process in front of the runtime. */
  readonly hasInit: boolean;
}

const MB = 1024 * 1024;
/** nobody:nogroup. */
const NOBODY = '65534:65534';
/** Limits of OpenWhisk (openwhisk.md LIM-18). */
const OPEN_FILES = 1024;
const PROCESSES = 1024;
const PORT = '8080/tcp';
/** Where a container of our own finds its FIFOs. */
const PIPES = '/run/whisklet';

/**
 * What a container is created with.
 *
 * Images of our own (stdio protocol) get nothing that a function does not need: no capability, no way to gain one,
 * a read-only root with a /tmp in memory, a user without rights, an init process that reaps what children leave behind.
 *
 * Images of others (OpenWhisk's HTTP protocol) must work unchanged, and many of them run as root and write where they
 * like. OpenWhisk only takes NET_RAW and NET_ADMIN from them; we also take what only a system's own programs
 * need, and the way to gain privileges by a set-user-id program. Their root stays writable, their user stays theirs.
 *
 * @param pipes a folder of this host with FIFOs for it (`FifoStreams`), only for images of our own
 */
export function containerOptions(
  spec: PlaceSpec,
  image: string,
  defaults: ContainerDefaults,
  pipes?: string,
): ContainerOptions {
  const { memory, env, runtime } = spec;
  const { network, dns, cpus, labels, hasInit } = defaults;
  const isOurs = runtime.protocol === 'stdio';
  return {
    Image: image,
    Labels: { ...labels, 'io.whisklet.kind': runtime.kind },
    Env: Object.entries({
      ...(isOurs && { HOME: '/tmp' }),
      ...env,
      ...(pipes !== undefined && { __WHISKLET_PIPES: PIPES }),
    }).map(([name, value]) => `${name}=${value}`),
    // For an engine that stops: nobody is left who could use the container.
    StopTimeout: 1,
    Tty: false,
    AttachStdin: isOurs,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: isOurs,
    // When the node is gone, however it went, the runtime sees the end of its stdin and exits.
    StdinOnce: isOurs,
    ...(isOurs ? { User: NOBODY, WorkingDir: '/tmp' } : { ExposedPorts: { [PORT]: {} } }),
    HostConfig: {
      NetworkMode: network,
      Dns: [...dns],
      Memory: memory * MB,
      MemorySwap: memory * MB,
      CpuShares: cpuShares(memory),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      PidsLimit: PROCESSES,
      Ulimits: [{ Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES }],
      SecurityOpt: ['no-new-privileges'],
      // All that is said is read from the attached streams.
      LogConfig: { Type: 'none', Config: {} },
      ...(isOurs
        ? { ...ownRestrictions(memory, hasInit), ...(pipes !== undefined && { Mounts: [mountOf(pipes)] }) }
        : { CapDrop: ['NET_RAW', 'NET_ADMIN', 'MKNOD', 'AUDIT_WRITE', 'SETFCAP'] }),
    },
  };
}

function ownRestrictions(memory: number, hasInit: boolean): NonNullable<ContainerOptions['HostConfig']> {
  return {
    CapDrop: ['ALL'],
    ReadonlyRootfs: true,
    // Code is unpacked and native modules are loaded there, hence `exec`. It counts into the memory of the container.
    Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${memory}m` },
    ...(hasInit ? { Init: true } : {}),
  };
}

/** Read-only keeps nobody from writing into FIFOs. Unlike `Binds`, the engine refuses it where it does not see the folder. */
function mountOf(pipes: string) {
  return { Type: 'bind', Source: pipes, Target: PIPES, ReadOnly: true } as const;
}

/** A container's weight among the others: in proportion to its memory, 1024 (Docker's own default) for 256 MB. */
export function cpuShares(memory: number): number {
  return Math.max(2, memory * 4);
}
