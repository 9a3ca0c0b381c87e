import type { JsonObject } from '../../src/model/json.ts';
import { TestApi } from './api.ts';

/** The API over fakes, as the web sees it: without a key, with any body, and with what the action got. */
export class TestWeb {
  readonly api: TestApi;

  constructor(...options: ConstructorParameters<typeof TestApi>) {
    this.api = new TestApi(...options);
  }

  /** Creates an action that is exported, as the owner of this key. */
  async put(key: string, name: string, annotations: JsonObject = {}, more: object = {}): Promise<void> {
    const all = Object.entries({ 'web-export': true, ...annotations }).map(([k, value]) => ({ key: k, value }));
    const body = { exec: { kind: 'nodejs:20', code: 'x' }, annotations: all, ...more };
    const answer = await this.api.call('PUT', `/api/v1/namespaces/_/actions/${name}?overwrite=true`, key, body);
    if (answer.status !== 200) throw new Error(answer.text);
  }

  /** @param path below `/api/v1/web/`, or with a host in front of it */
  async ask(path: string, { headers = {}, ...init }: Ask = {}) {
    const url = path.startsWith('http') ? path : `http://localhost/api/v1/web/${path}`;
    const sent = { host: 'localhost', ...headers };
    const response = await this.api.app.request(url, {
      method: init.body === undefined ? 'GET' : 'POST',
      ...init,
      headers: sent,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString(), error: errorIn(bytes) };
  }

  /** The arguments of the last run. */
  get args(): JsonObject {
    return JSON.parse(this.api.jobs.at(-1)?.args ?? 'null') as JsonObject;
  }
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** The sentence of an answer of the server's own. */
function errorIn(bytes: Buffer): string | undefined {
  try {
    return (JSON.parse(bytes.toString()) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
