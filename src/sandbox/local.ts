import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import type { Events } from '../observe/events.ts';
import { type Bounds, CgroupBounds } from './local/bounds.ts';
import { ChildStreams } from './local/child-streams.ts';
import { describeHost, type HostOptions, type LocalHost, lookAtHost } from './local/host.ts';
import type { Launch, Program } from './local/isolation.ts';
import { carriedBy, giveUpOwnership, takeOwnership } from './local/leftovers.ts';
import { LocalPlace } from './local/place.ts';
import { makeMountPoint } from './local/place-root.ts';
import { Programs } from './local/programs.ts';
import { limitOfUser } from './local/user-limit.ts';
import { WatchedBounds } from './local/watched-bounds.ts';
import { run } from './run.ts';
import { type PlaceSpec, ProvisionError, type Sandbox } from './sandbox.ts';

/**
 * `dataDir` is hidden from places; the folder `local` in it is the sandbox's. `executable` is the file that runs
 * JavaScript when `BUN_BE_BUN` is set. `isolation`, `cgroups` and `uids` are chosen by what the host has, unless given.
 */
export interface LocalOptions extends HostOptions {
  readonly events: Events;
  /** Megabytes of /tmp, which count as memory of the place. */
  readonly tmpMemory?: number;
  /** Processes and threads of one place. */
  readonly processes?: number;
  /** What all else of the node's user may come to have beside a place, where its processes are counted together with those. */
  readonly spareProcesses?: number;
}

/** What a place is lent by the sandbox. */
interface Lent {
  readonly uid: number | undefined;
  /** Instead of a private /tmp, where there is none. */
  readonly folder: string | undefined;
  readonly bounds: Bounds;
  readonly giveBack: () => Promise<void>;
}

/** OpenWhisk's: `--pids-limit 1024`. */
const PROCESSES = 1024;
/** A hundred places of twenty threads. */
const SPARE_PROCESSES = 2048;
const TMP_MEGABYTES = 512;

/**
 * Places that are processes of this host, kept apart by what the host has for it: an `Isolation` for what they see,
 * a control group or a watch for what they use.
 */
export class LocalSandbox implements Sandbox {
  readonly name = 'local';
  readonly isolation: string;
  readonly #options: LocalOptions;
  readonly #host: LocalHost;
  readonly #programs: Programs;
  readonly #places = new Set<LocalPlace>();
  /** Places that are being created. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #freeUids: number[] = [];
  #uidsTaken = 0;
  #created = 0;
  #owned: Promise<number> | undefined;
  #closed = false;

  private constructor(options: LocalOptions, host: LocalHost) {
    this.#options = options;
    this.#host = host;
    this.isolation = describeHost(host);
    this.#programs = new Programs({
      shimsDir: host.shimsDir,
      executable: host.executable,
      tryOut: (program) => this.#tryOut(program),
    });
  }

  /**
   * Finds out, by trying, what this host has: some 30 ms.
   *
   * @throws ProvisionError when no code can be run here but as root
   */
  static async detect(options: LocalOptions): Promise<LocalSandbox> {
    const host = await lookAtHost(options);
    if (typeof host.cgroups === 'string') options.events.info('sandbox', host.cgroups);
    return new LocalSandbox(options, host);
  }

  async supports(runtime: RuntimeSpec): Promise<true | string> {
    const program = await this.#programFor(runtime);
    return typeof program === 'string' ? program : true;
  }

  /** What was swept once is not there any more: later calls wait for the first, and answer 0. */
  async sweep(): Promise<number> {
    if (this.#owned === undefined) {
      this.#owned = takeOwnership(this.#ownerFile, this.#host.ownership);
      return this.#owned;
    }
    await this.#owned;
    return 0;
  }

  async create(spec: PlaceSpec): Promise<LocalPlace> {
    const place = this.#create(spec);
    this.#underWay.add(place);
    try {
      return await place;
    } finally {
      this.#underWay.delete(place);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    // What was begun before finds that nobody wants it any more, and takes itself back.
    await Promise.allSettled(this.#underWay);
    const ends = await Promise.allSettled([...this.#places].map((place) => place.destroy()));
    for (const end of ends) if (end.status === 'rejected') this.#options.events.warn('sandbox', String(end.reason));
    await this.#owned;
    await giveUpOwnership(this.#ownerFile, this.#host.ownership);
  }

  async #create(spec: PlaceSpec): Promise<LocalPlace> {
    const program = await this.#programFor(spec.runtime);
    if (typeof program === 'string') throw new ProvisionError(program);
    if (this.#closed) throw new ProvisionError(messages.draining);
    await this.sweep();
    this.#created++;
    const id = `whisklet-${this.#host.mark}-${this.#created}`;
    const lent = await this.#lend(id, spec.memory);
    try {
      if (this.#closed) throw new Error('the node stops');
      return this.#start(id, program, spec, lent);
    } catch (error) {
      await lent.bounds.remove();
      await lent.giveBack();
      throw new ProvisionError(`no place can be started: ${(error as Error).message}`);
    }
  }

  get #ownerFile(): string {
    return join(this.#options.dataDir, 'local', 'owner.json');
  }

  async #programFor(runtime: RuntimeSpec): Promise<Program | string> {
    if (runtime.protocol === 'http') return `kind ${runtime.kind} needs Docker: it is an image`;
    return await this.#programs.find(runtime);
  }

  /** What a place needs besides its program, and gives back at its end. */
  async #lend(id: string, memory: number): Promise<Lent> {
    const uid = this.#takeUid();
    const { tmp } = this.#host.ownership;
    const folder = tmp === undefined ? undefined : join(tmp, id);
    try {
      if (folder !== undefined) await makeFolderFor(folder, uid);
      const bounds = await this.#bound(id, memory, folder);
      const giveBack = async () => {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
        if (uid !== undefined) this.#freeUids.push(uid);
      };
      return { uid, folder, bounds, giveBack };
    } catch (error) {
      if (uid !== undefined) this.#freeUids.push(uid);
      throw new ProvisionError(`no place can be made: ${(error as Error).message}`);
    }
  }

  async #bound(id: string, memory: number, folder: string | undefined): Promise<Bounds> {
    const { cgroups } = this.#host;
    if (typeof cgroups !== 'string') {
      return new CgroupBounds(await cgroups.create(id, { memory, pids: this.#options.processes ?? PROCESSES }));
    }
    return new WatchedBounds({ memory, members: folder === undefined ? 'namespace' : { carrying: carriedBy(folder) } });
  }

  #start(id: string, program: Program, spec: PlaceSpec, { uid, folder, bounds, giveBack }: Lent): LocalPlace {
    const stdio = new ChildStreams();
    let child: Bun.Subprocess;
    try {
      const home = folder === undefined ? '/tmp' : `${folder}/`;
      child = Bun.spawn(this.#command(id, program, uid, bounds.joinFiles), {
        stdio: stdio.childEnds,
        cwd: folder ?? '/',
        env: environment(program, spec.env, home),
      });
    } catch (error) {
      void stdio.close();
      throw error;
    }
    stdio.releaseChildEnds();
    const place: LocalPlace = new LocalPlace({
      ...{ id, child, stdio, bounds },
      release: async () => {
        this.#places.delete(place);
        await giveBack();
      },
      warn: (text) => this.#options.events.warn('sandbox', text),
    });
    this.#places.add(place);
    return place;
  }

  #command(id: string, program: Program, uid: number | undefined, joinFiles: readonly string[]): string[] {
    const { root, isolation } = this.#host;
    const { tmpMemory = TMP_MEGABYTES } = this.#options;
    const processLimit = this.#processLimit();
    const launch: Launch = {
      ...{ id, root, program, joinFiles, tmpBytes: tmpMemory * 1024 * 1024 },
      ...(uid !== undefined && { uid }),
      ...(processLimit !== undefined && { processLimit }),
    };
    return isolation.command(launch);
  }

  /** Of a place that is started now. */
  #processLimit(): number | undefined {
    const { processes = PROCESSES, spareProcesses = SPARE_PROCESSES } = this.#options;
    switch (this.#host.processes) {
      case 'limited by groups':
      case 'not limited':
        return undefined;
      case 'counted by place':
        return processes;
      case 'counted by user':
        return limitOfUser(processes + spareProcesses);
    }
  }

  async #tryOut(program: Program): Promise<string | undefined> {
    const { root, uids } = this.#host;
    for (const mount of program.mounts) await makeMountPoint(root.folder, mount);
    const argv = this.#command('whisklet-try', program, uids?.first, []);
    const { code, errors } = await run(argv, 5_000, environment(program, {}, '/tmp'));
    return code === 0 ? undefined : errors.trim().split('\n').at(-1) || 'it does not start within 5 s';
  }

  #takeUid(): number | undefined {
    const { uids } = this.#host;
    if (!uids) return undefined;
    // The first of them is for trying things out. Those of former places come last: until the host's first process has
    // reaped what was killed, it counts as the user's.
    if (this.#uidsTaken < uids.count - 1) {
      this.#uidsTaken++;
      return uids.first + this.#uidsTaken;
    }
    const free = this.#freeUids.shift();
    if (free === undefined) throw new ProvisionError('all users for places are in use');
    return free;
  }
}

/** Where only root may set the owner of files, there is only one user. */
async function makeFolderFor(folder: string, uid: number | undefined): Promise<void> {
  await mkdir(folder);
  await chmod(folder, 0o700);
  if (uid !== undefined) await chown(folder, uid, uid);
}

/**
 * Nothing of the node's own environment. What the shell and the loader act upon must not come from outside, for
 * they still run as the node's user.
 */
function environment(program: Program, given: PlaceSpec['env'], home: string): Record<string, string> {
  const safe = Object.entries(given).filter(([name]) => !/^(LD_|BASH_|ENV$|IFS$)/.test(name));
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/whisklet/bin',
    LANG: 'C.UTF-8',
    ...Object.fromEntries(safe),
    ...program.env,
    HOME: home,
    TMPDIR: home,
  };
}
