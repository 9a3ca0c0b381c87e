import { createHash, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import type { RuntimeSpec } from '../../model/manifest.ts';
import { messages } from '../../model/messages.ts';
import type { Place } from '../../model/place.ts';
import type { Events } from '../../observe/events.ts';
import { type Docker, DockerError } from '../docker.ts';
import { Images, type Pull } from '../images/image.ts';
import { type PlaceSpec, ProvisionError, type Sandbox } from '../sandbox.ts';
import { AttachedStreams } from './attached-streams.ts';
import { DockerFifos } from './fifos.ts';
import { containerOptions } from './options.ts';
import { endsSteadily } from './patience.ts';
import { DockerPlace } from './place.ts';
import { DockerStdio } from './stdio.ts';

export interface DockerSandboxOptions {
  /** Of `Docker.connect`. */
  readonly docker: Docker;
  readonly events: Events;
  /** Containers and images carry a label made of it: what a killed node left behind is found again. */
  readonly dataDir: string;
  /** Folder of the unpacked shims, one folder a family. */
  readonly shimsDir: string;
  /** The program that runs the JavaScript shim: `process.execPath`. */
  readonly executable: string;
  readonly version: string;
  readonly pull: Pull;
  readonly network?: string;
  readonly dns?: readonly string[];
  /** CPUs that one container may use at most. */
  readonly cpus?: number;
  /** While the sandbox closes, an engine that brings nothing to an end for so long is given up. */
  readonly quietMs?: number;
}

const DATA_LABEL = 'io.whisklet.data';
const NODE_LABEL = 'io.whisklet.node';
/** Starting a container keeps a CPU busy: more at once only makes each of them slower. */
const STARTS_AT_ONCE = Math.max(2, availableParallelism());
const REMOVALS_AT_ONCE = 8;
/** Removing takes a second or two on a busy host. */
const QUIET_MS = 10_000;
const PORT = 8080;

/**
 * Docker containers. The engine is asked only when a container is created, resized or destroyed; all talk goes over
 * FIFOs where it is on this host, else over the streams that were attached before it started (`DockerStdio`). When the
 * engine restarts, the places that it took with it report their end, and new ones can be created as soon as it answers again.
 */
export class DockerSandbox implements Sandbox {
  readonly name = 'docker';
  readonly isolation: string;
  /** The label that all containers and images of this data folder carry: `name=value`. */
  readonly label: string;
  readonly #options: DockerSandboxOptions;
  readonly #images: Images;
  readonly #fifos: DockerFifos;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #starting = pLimit(STARTS_AT_ONCE);
  readonly #places = new Set<DockerPlace>();
  /** Containers that are being created. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** In the names of the containers of this run of the node. */
  readonly #run = randomBytes(3).toString('hex');
  #count = 0;
  #closed = false;

  constructor(options: DockerSandboxOptions) {
    const { dataDir, docker, events } = options;
    this.#options = options;
    this.isolation =
      'each in a Docker container: no privileges, a read-only system, bounded memory, processes and files';
    const data = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12);
    this.#labels = { [DATA_LABEL]: data, [NODE_LABEL]: this.#run };
    this.label = `${DATA_LABEL}=${data}`;
    this.#images = new Images({ ...options, label: this.label });
    // In memory first: on a disk each frame would change the time of a file.
    const folders = [`/dev/shm/whisklet-${data}`, join(resolve(dataDir), 'docker')];
    this.#fifos = new DockerFifos({ folders: docker.isLocal ? folders : [], events });
  }

  supports(runtime: RuntimeSpec): Promise<true | string> {
    return this.#images.supports(runtime);
  }

  async create(spec: PlaceSpec): Promise<Place> {
    const { events } = this.#options;
    try {
      const image = await this.#images.find(spec.runtime);
      return await this.#starting(() => this.#start(spec, image));
    } catch (error) {
      if (error instanceof ProvisionError) throw error;
      if (!(error instanceof DockerError)) throw error;
      events.warn('docker', `no container of kind ${spec.runtime.kind}: ${error.message}`);
      const image = spec.runtime.image;
      if (image && /executable file not found|no such file or directory: unknown/.test(error.message)) {
        throw new ProvisionError(messages.commandNotFound(image), true);
      }
      throw new ProvisionError(messages.provisionFailed);
    }
  }

  async sweep(): Promise<number> {
    const { docker } = this.#options;
    const found = await docker.list(this.label);
    const old = found.filter(({ labels }) => labels[NODE_LABEL] !== this.#run);
    await pLimit(REMOVALS_AT_ONCE).map(old, ({ name }) => docker.remove(name));
    await this.#fifos.sweep(this.#run);
    return old.length;
  }

  async close(): Promise<void> {
    const { docker, quietMs = QUIET_MS } = this.#options;
    this.#closed = true;
    const limit = pLimit(REMOVALS_AT_ONCE);
    const removals = [...this.#places].map((place) => limit(() => place.destroy()));
    // What was begun before finds that nobody wants it any more, and takes itself back.
    const work = [...removals, ...this.#underWay];
    if (!(await endsSteadily(work, quietMs))) docker.giveUp(`it did nothing for ${quietMs / 1000} s`);
    await Promise.allSettled(work);
    await this.#fifos.close();
  }

  async #start(spec: PlaceSpec, image: string): Promise<Place> {
    try {
      return await this.#begin(spec, image);
    } catch (error) {
      if (!(error instanceof DockerError && error.kind === 'missing')) throw error;
      await this.#images.fetch(spec.runtime, image);
      return this.#begin(spec, image);
    }
  }

  /** Creates a container; when the sandbox is closed meanwhile, that waits until it is taken back. */
  #begin(spec: PlaceSpec, image: string): Promise<Place> {
    if (this.#closed) throw new ProvisionError(messages.draining);
    const place = this.#create(spec, image);
    this.#underWay.add(place);
    const settled = () => this.#underWay.delete(place);
    void place.then(settled, settled);
    return place;
  }

  async #create(spec: PlaceSpec, image: string): Promise<Place> {
    const { docker, network = 'bridge', dns = [], cpus } = this.#options;
    const isHttp = spec.runtime.protocol === 'http';
    const id = `whisklet-${this.#run}-${++this.#count}`;
    const fifos = isHttp ? undefined : this.#fifos.make(id);
    try {
      const defaults = { network, dns, cpus, labels: this.#labels, hasInit: docker.hasInit };
      await docker.create(id, containerOptions(spec, image, defaults, fifos?.folder));
      if (this.#closed) throw new ProvisionError(messages.draining);
      const stdio = new DockerStdio(new AttachedStreams(await docker.attach(id, !isHttp)), fifos);
      await docker.start(id);
      const address = isHttp ? await this.#addressOf(id, stdio) : undefined;
      const onGone = () => this.#places.delete(place);
      const mayGiveUp = () => this.#closed;
      const place = new DockerPlace({ ...this.#options, id, stdio, address, onGone, mayGiveUp });
      this.#places.add(place);
      if (this.#closed) await place.destroy();
      return place;
    } catch (error) {
      // Also when creating it failed: the engine may have done it, and only its answer was lost.
      await docker.remove(id).catch(() => undefined);
      await fifos?.close();
      if (fifos && this.#fifos.areRefused(fifos, error)) return this.#create(spec, image);
      throw error;
    }
  }

  async #addressOf(id: string, stdio: DockerStdio): Promise<{ host: string; port: number }> {
    const { ip } = await this.#options.docker.inspect(id);
    if (ip) return { host: ip, port: PORT };
    throw new DockerError('refused', `${id} has no address (it ended at once?) ${stdio.lastWords.trim()}`.trim());
  }
}
