import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/**
 * A registry of images on this host with one image in it, for engines on this host: they trust 127.0.0.0/8 without
 * TLS. It counts how often it is asked for it.
 */
export class Registry {
  readonly image: string;
  /** How often it was asked what the image consists of. */
  asked = 0;
  /** False makes it answer nothing but errors. */
  isUp = true;
  readonly #server: ReturnType<typeof Bun.serve>;

  static async start(name: string): Promise<Registry> {
    const tar = pack();
    tar.entry({ name: 'hello' }, name);
    tar.finalize();
    const parts: Uint8Array[] = [];
    for await (const part of tar) parts.push(part as Uint8Array);
    return new Registry(name, Buffer.concat(parts));
  }

  private constructor(name: string, tar: Buffer) {
    const layer = gzipSync(tar);
    const config = Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Cmd: ['/hello'] },
        rootfs: { type: 'layers', diff_ids: [digest(tar)] },
      }),
    );
    const type = (what: string) => `application/vnd.docker.${what}`;
    const manifestType = type('distribution.manifest.v2+json');
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: type('container.image.v1+json'), size: config.length, digest: digest(config) },
        layers: [{ mediaType: type('image.rootfs.diff.tar.gzip'), size: layer.length, digest: digest(layer) }],
      }),
    );
    const blobs = new Map([config, layer].map((blob) => [digest(blob), blob]));
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) => {
        const { pathname } = new URL(url);
        if (!this.isUp) return new Response('down', { status: 500 });
        if (pathname === '/v2/') return Response.json({});
        if (pathname.includes('/manifests/')) {
          this.asked++;
          const headers = { 'Content-Type': manifestType, 'Docker-Content-Digest': digest(manifest) };
          return new Response(manifest, { headers });
        }
        const blob = blobs.get(pathname.slice(pathname.lastIndexOf('/') + 1));
        return blob ? new Response(blob) : new Response('none', { status: 404 });
      },
    });
    this.image = `127.0.0.1:${this.#server.port}/${name}:1`;
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }
}

function digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
