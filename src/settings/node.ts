import * as value from '../cli/values.ts';
import { MB } from '../model/limits.ts';
import { homeFolder } from './home.ts';
import { of, optional } from './setting.ts';

/** Rows of the table in config.ts: the node itself, its pool, and how long records are kept. */

const path = value.path(homeFolder());
const key = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[^\s:]{64,}$/i;

export const node = {
  config: optional(path, 'none', 'TOML file with settings; the only setting that cannot stand in that file.', {
    short: 'c',
    also: ['admin', 'images', 'db'],
  }),
  port: of(value.whole(0, 65_535), 3233, 'TCP port of the API; 0 takes a free one.', { short: 'p' }),
  host: optional(
    value.list('ADDRESS', 'an address of this machine'),
    "127.0.0.1, and the address of Docker's bridge when Docker runs the actions",
    "Addresses to listen on. When others than loopback and Docker's bridge are among them, OpenWhisk's well-known keys are refused and random ones are made.",
  ),
  dataDir: of(path, path.read('~/.whisklet') as string, 'Folder of everything that survives a restart.', {
    short: 'd',
    also: ['admin', 'images', 'db'],
  }),
  clean: of(value.flag, false, 'Deletes all data in the data folder before starting.'),
  users: of(
    value.map(
      'NAME=UUID:KEY',
      'name=uuid:key, with a key of at least 64 characters',
      (name, auth) => name.length > 0 && key.test(auth),
    ),
    new Map(),
    'Subjects that are to exist with these keys, each with a namespace of its own name; in TOML the table `[users]` with lines `name = "uuid:key"`.',
    { shownDefault: 'none but guest and whisk.system' },
  ),
  apiHost: optional(
    value.text(),
    'the address that actions can reach this node at',
    'What actions see as `__OW_API_HOST`.',
  ),
  webDomain: optional(
    value.domain,
    'none',
    'Domain whose subdomains are namespaces: `guest.DOMAIN/pkg/hello` is the web action `/api/v1/web/guest/pkg/hello`, and `guest.DOMAIN` is `public/index.html`.',
  ),
  blockingWait: of(
    value.duration(),
    60_000,
    'How long a blocking call waits before it is answered with 202 and the activation id.',
  ),
  maxTries: of(
    value.whole(1),
    3,
    'How often accepted work (answered with 202) is begun while the node ends each time before it does, until it is given up as a dead letter; 1 never begins it twice.',
  ),
  otlp: optional(
    value.server,
    'none: calls are not traced',
    "Address of an OpenTelemetry collector that traces go to, as OTLP over HTTP: 'http://127.0.0.1:4318', perhaps with `user:password@`.",
  ),
  otlpPercent: of(
    value.whole(0, 100),
    100,
    'Share of calls that are traced, in percent, of those that bring no `traceparent`; those that bring one say it themselves.',
  ),
  drainTimeout: of(value.duration(), 30_000, 'How long running work may take to finish when the node stops.'),
  logLevel: of(value.choice('debug', 'info', 'warn', 'error'), 'info', 'The least important lines that are logged.'),
  logFormat: of(value.choice('text', 'json'), 'text', 'Log lines for people, or one JSON object a line.'),
};

export const pool = {
  manifest: optional(
    path,
    'the one that is built in',
    "JSON file with the kinds of runtimes, in the format of OpenWhisk's manifest.",
    { short: 'm', also: ['images'] },
  ),
  sandbox: of(
    value.choice('auto', 'docker', 'local'),
    'auto',
    'Where actions run: in Docker containers, or in isolated processes of this machine. `auto` takes Docker when its engine answers.',
  ),
  poolMemory: optional(
    value.megabytes(1),
    "half of the machine's or the cgroup's memory",
    'Memory of all containers together, counted by their limits.',
  ),
  keepAlive: of(value.duration(), 600_000, 'How long an idle warm container is kept.'),
  readyTimeout: of(
    value.duration(1),
    30_000,
    "A runtime that is not ready so long after its place was started is given up. An image's first start may be slow.",
  ),
  stemCells: optional(
    value.whole(0),
    'as the manifest says',
    'Prewarmed containers of each kind that has stem cells in the manifest; 0 for none.',
  ),
  pull: of(
    value.choice('never', 'missing', 'always'),
    'missing',
    'Whether the Docker engine pulls an image: never, when it is not there, or before its first use in any case.',
    { also: ['images'] },
  ),
  dockerSocket: of(
    value.text(),
    '/var/run/docker.sock',
    'Socket of the Docker engine: a path, or an address such as `tcp://127.0.0.1:2375`.',
    {
      alias: ['DOCKER_HOST'],
      also: ['images'],
    },
  ),
};

export const activations = {
  activationsMaxAge: of(value.duration(1000), 7 * 86_400_000, 'Activation records older than this are deleted.'),
  activationsMaxSize: of(
    value.size(MB),
    1024 * MB,
    'When the activation records take more than this, the oldest are deleted.',
  ),
};
