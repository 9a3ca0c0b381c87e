import type { Events } from '../observe/events.ts';
import { DockerSandbox } from './docker/sandbox.ts';
import { Docker, DockerError } from './docker.ts';
import type { Pull } from './images/image.ts';
import { LocalSandbox } from './local.ts';
import { ProvisionError, type Sandbox } from './sandbox.ts';

export interface ChooseSandboxOptions {
  readonly wanted: 'auto' | 'docker' | 'local';
  /** Path of the Docker engine's socket, or its address. */
  readonly dockerSocket: string;
  readonly pull: Pull;
  readonly dataDir: string;
  readonly shimsDir: string;
  /** The program that runs the JavaScript shim. */
  readonly executable: string;
  readonly version: string;
  readonly events: Events;
}

export interface ChosenSandbox {
  readonly sandbox: Sandbox;
  /** For the operator: why it is this one. */
  readonly why: string;
  /** Where containers reach this host, when they have a network of their own. */
  readonly gateway: string | undefined;
}

/**
 * Docker where its engine answers, else processes of this host, unless the operator decided.
 *
 * @throws ProvisionError when Docker is wanted and does not answer, or when nothing can be started here at all
 */
export async function chooseSandbox(options: ChooseSandboxOptions): Promise<ChosenSandbox> {
  const { wanted, dockerSocket } = options;
  if (wanted === 'local') return local(options, 'chosen by the operator');
  try {
    const docker = await Docker.connect(dockerSocket);
    const sandbox = new DockerSandbox({ ...options, docker });
    return { sandbox, why: `the engine ${docker.version} answers on ${dockerSocket}`, gateway: docker.gateway };
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    if (wanted === 'docker') {
      throw new ProvisionError(`Docker does not answer (${error.message}): start it, or use --sandbox local`);
    }
    return local(options, `no Docker engine answers (${error.message})`);
  }
}

async function local(options: ChooseSandboxOptions, why: string): Promise<ChosenSandbox> {
  return { sandbox: await LocalSandbox.detect(options), why, gateway: undefined };
}
