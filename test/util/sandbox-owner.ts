import type { MakeOptions, SandboxModule } from '../contract/sandbox.ts';
import { Puppet } from './puppet.ts';

/** A node that is killed: `bun sandbox-owner.ts <module> <options> <code>` has a place run the code, and stays. */
const [module = '', options = '{}', code = ''] = process.argv.slice(2);
const { makeSandbox } = (await import(module)) as SandboxModule;
const sandbox = await makeSandbox(JSON.parse(options) as MakeOptions);
await sandbox.sweep();
const runtime = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;
const puppet = new Puppet(await sandbox.create({ runtime, memory: 256, env: {} }));
await puppet.ask(code);
setInterval(() => {}, 1000);
