import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Docker } from '../../src/sandbox/docker.ts';

const missing = !(Bun.which('dockerd') && Bun.which('unshare'))
  ? 'there is no dockerd or no unshare'
  : process.getuid?.() !== 0
    ? 'only root can start an engine'
    : undefined;
if (missing && process.env.WHISKLET_TEST_REQUIRE === 'all') throw new Error(missing);

/** Why no engine can be started here, in the form of `noDocker`; empty when one can. */
export const noPrivateEngine = missing ? ` (skipped: ${missing})` : '';

/** A Docker engine of the test's own, which it may stop and start; it has no network. */
export class PrivateEngine {
  readonly socket: string;
  readonly #folder: string;
  #process: Bun.Subprocess | undefined;

  static async start(): Promise<PrivateEngine> {
    const engine = new PrivateEngine(await mkdtemp(join(tmpdir(), 'whisklet-engine-')));
    await engine.start();
    return engine;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.socket = join(folder, 'docker.sock');
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const at = (name: string) => join(this.#folder, name);
    const paths = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
    const names = [
      '--containerd-namespace',
      'whisklet-test',
      '--containerd-plugins-namespace',
      'whisklet-test-plugins',
    ];
    const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'];
    const log = Bun.file(at('log'));
    // In a network namespace of its own, or it would take the bridge of this host's engine away.
    const command = ['unshare', '--net', 'dockerd', '--host', `unix://${this.socket}`];
    this.#process = Bun.spawn([...command, ...paths, ...names, ...network], { stdout: log, stderr: log });
    for (let attempt = 0; attempt < 300; attempt++) {
      if (existsSync(this.socket)) {
        const answers = await Docker.connect(this.socket).then(
          () => true,
          () => false,
        );
        if (answers) return;
      }
      if (this.#process.exitCode !== null) break;
      await Bun.sleep(100);
    }
    throw new Error(`the engine does not start: ${(await Bun.file(at('log')).text()).slice(-2000)}`);
  }

  /** As an upgrade of the engine does; its containers end with it. */
  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM');
    await this.#process?.exited;
  }

  async destroy(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
