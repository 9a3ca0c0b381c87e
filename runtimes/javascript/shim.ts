import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Vigil } from '../../src/protocol/awake.ts';
import { Decoder, encodeFrame, type ToRuntime } from '../../src/protocol/frame.ts';
import { Capture } from './capture.ts';
import { exposeCollector } from './collect.ts';
import { takeConsole } from './console.ts';
import { giveWay } from './give-way.ts';
import { listen } from './input.ts';
import { Logs } from './logs.ts';
import { asNodeSaysIt } from './module.ts';
import { Output } from './output.ts';
import { Runtime } from './runtime.ts';
import { takeStreams } from './streams.ts';

/**
 * The JavaScript runtime: speaks docs/protocol.md on the standard streams of its place, under Bun or Node (from 18).
 * It is bundled to one file without dependencies (src/sandbox/shims.ts), and needs a temporary folder that is its own.
 */

/** `init` carries up to 48 MB of code in base64. */
const MAX_BODY_BYTES = 80 * 1024 * 1024;
/** A runtime that is not used at once uses the time to load what most code needs. */
const WARM_UP_MS = 20;

function start(): void {
  const folder = makeFolder();
  const streams = takeStreams(folder);
  const [stdout, stderr] = streams.captured;
  const output = new Output(streams.output);
  const logs = new Logs(output, [new Capture(1, stdout), new Capture(2, stderr)]);
  const { warmUp } = takeConsole(logs);
  exposeCollector();
  endWith(logs);
  const runtime = new Runtime(output, logs, process.cwd());
  const warming = setTimeout(() => {
    warmUp();
    rehearse(logs);
  }, WARM_UP_MS);
  const decoder = new Decoder(MAX_BODY_BYTES);
  listen(
    streams.input,
    (chunk) => {
      for (const frame of decoder.push(chunk)) {
        clearTimeout(warming);
        obey(runtime, frame as ToRuntime);
      }
    },
    () => process.exit(0),
  );
  const name = process.versions.bun ? `bun ${process.versions.bun}` : `node ${process.versions.node}`;
  output.send([{ type: 'ready', protocol: 1, runtime: name, concurrent: true, ahead: true }]);
}

/** What is done for the first time takes a millisecond more: so it is done once for nothing. */
function rehearse(logs: Logs): void {
  const frame = { type: 'init', id: '', name: '', main: '', code: '', binary: false, env: {} } as const;
  new Decoder().push(encodeFrame({ ...frame, resultLimit: 0, logLimit: 0 }));
  logs.finish(logs.begin('', 0));
  giveWay();
}

const vigil = new Vigil(giveWay);

function obey(runtime: Runtime, frame: ToRuntime): void {
  switch (frame.type) {
    case 'init':
      void runtime.init(frame);
      break;
    case 'run':
      runtime.run(frame);
      if (frame.linger !== undefined) vigil.keep(frame.linger);
      break;
    case 'recall':
      runtime.recall();
      break;
    case 'stop':
      process.exit(0);
  }
}

/**
 * Makes the place's own folder and goes to `action` in it, where the code will be. Above it is a `node_modules`, as
 * above OpenWhisk's actions: the packages beside the shim can be had there, and are read when they are required. It also
 * keeps Bun from installing what a module lacks.
 */
function makeFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'whisklet-'));
  const action = join(folder, 'action');
  fs.mkdirSync(action);
  fs.symlinkSync(join(dirname(process.argv[1] as string), 'node_modules'), join(folder, 'node_modules'));
  process.chdir(action);
  return folder;
}

/** However the process ends, its lines leave before it. Where the user's code handles the case, that decides. */
function endWith(logs: Logs): void {
  const logError = console.error;
  process.on('exit', () => logs.exit());
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (process.listenerCount(event) > 1) return;
      logError(asNodeSaysIt(error));
      process.exit(1);
    });
  }
  // The first process of a container ignores the signal unless it handles it.
  process.on('SIGTERM', () => {
    if (process.listenerCount('SIGTERM') === 1) process.exit(143);
  });
}

start();
