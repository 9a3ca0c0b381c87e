import { TestApi } from '../../test/util/api.ts';
import type { Part } from './part.ts';

const BODY = '{"name":"Whisklet"}';
const ACTION = 'http://localhost/api/v1/namespaces/_/actions/echo';

/**
 * The way of a request through routes, auth, entities and invocation, without a socket, a container or a disk: the
 * composition that the tests of the API use.
 */
export const api: Part = {
  name: 'api',
  async prepare() {
    const { app, headers } = await makeApi();
    const ask = async (method: string, url: string, body?: string) => {
      const response = await app.fetch(new Request(url, { method, headers, ...(body !== undefined && { body }) }));
      if (response.status !== 200) throw new Error(`${url} was answered ${response.status}: ${await response.text()}`);
      return response.text();
    };
    await ask('PUT', ACTION, '{"exec":{"kind":"nodejs:default","code":"function main() {}"}}');
    const call = `${ACTION}?blocking=true`;
    return {
      tasks: [
        { name: 'a blocking call, result only', batch: 20, run: () => ask('POST', `${call}&result=true`, BODY) },
        { name: 'a blocking call, whole record', batch: 20, run: () => ask('POST', call, BODY) },
        { name: 'an action without its code', batch: 20, run: () => ask('GET', `${ACTION}?code=false`) },
        { name: 'a request that does nothing', batch: 20, run: () => ask('GET', 'http://localhost/ping') },
      ],
    };
  },
};

/** An API that keeps nothing of what was called: it must not grow with every sample. */
async function makeApi() {
  const api = new TestApi({ invocationsPerMinute: Number.POSITIVE_INFINITY });
  api.store.activations.put = async () => undefined;
  api.act = ({ args }) => {
    api.jobs.length = 0;
    return args;
  };
  return {
    app: api.app,
    headers: { authorization: await api.addSubject('guest'), 'content-type': 'application/json' },
  };
}
