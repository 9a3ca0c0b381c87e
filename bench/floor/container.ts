import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demultiplexer } from '../../src/sandbox/docker/stream.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import { describeOwnImage } from '../../src/sandbox/images/own.ts';
import type { Opened, Source, Wire } from './wire.ts';

/**
 * `echo.ts` in a Docker container, over the stream that the engine attaches. Whatever the sandbox does is left out: the
 * container has no limits, and the stream is taken as it comes.
 */

const LABEL = 'io.whisklet.bench=floor';
/** Followed by the id of the process that it belongs to. */
const NAME = 'whisklet-bench-';

/** Makes what containers need; `open` then makes one, which must be closed before the next. */
export async function prepareContainers(): Promise<Source> {
  const docker = await Docker.connect(process.env.DOCKER_HOST ?? '/var/run/docker.sock');
  await sweep(docker);
  const image = await makeImage(docker);
  return {
    open: () => openContainer(docker, image),
    // Another bench may be using it.
    close: () => docker.removeImage(image).catch(() => undefined),
  };
}

async function openContainer(docker: Docker, image: string): Promise<Opened> {
  const name = NAME + process.pid;
  const [label, value] = LABEL.split('=') as [string, string];
  await docker.create(name, {
    Image: image,
    Labels: { [label]: value },
    ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true },
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none', Config: {} } },
  });
  const stream = await docker.attach(name, true);
  await docker.start(name);
  let isClosing = false;
  stream.on('close', () => {
    if (!isClosing) throw new Error('the container of the floor has ended');
  });
  const wire: Wire = {
    write: (bytes) => void stream.write(bytes),
    onOutput: (listener) => {
      const output = new Demultiplexer(listener, (bytes) => process.stderr.write(bytes));
      stream.on('data', (chunk: Uint8Array) => output.push(chunk));
    },
  };
  return {
    wire,
    async close() {
      isClosing = true;
      await docker.remove(name);
      stream.destroy();
    },
  };
}

/** Takes away containers whose process was killed: nobody waits for their answers. */
async function sweep(docker: Docker): Promise<void> {
  for (const { name } of await docker.list(LABEL)) {
    if (!existsSync(`/proc/${name.slice(NAME.length)}`)) await docker.remove(name);
  }
}

async function makeImage(docker: Docker): Promise<string> {
  const shimDir = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
  try {
    const built = await Bun.build({ entrypoints: [join(import.meta.dir, 'echo.ts')], target: 'bun' });
    writeFileSync(join(shimDir, 'shim.js'), await (built.outputs[0] as Blob).text());
    const executable = process.execPath;
    const own = await describeOwnImage({ executable, shimDir, family: 'bench-echo', version: Bun.version });
    const image = `${own.repo}:${own.tag}`;
    if (!(await docker.hasImage(image))) {
      await docker.importImage(own.pack(), own.repo, own.tag, [...own.changes, `LABEL ${LABEL}`]);
    }
    return image;
  } finally {
    rmSync(shimDir, { recursive: true, force: true });
  }
}
