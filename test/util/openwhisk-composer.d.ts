/** The composer has no types of its own: these are of what the tests use. */

declare module 'openwhisk-composer' {
  type Task = Composition | string | ((params: never) => unknown);
  interface Composition {
    compile(): Compiled;
  }
  interface Compiled {
    readonly actions: readonly { readonly name: string }[];
  }
  const composer: Record<
    'seq' | 'async' | 'mask' | 'retain' | 'merge' | 'par' | 'map' | 'task',
    (...tasks: Task[]) => Composition
  > & {
    readonly if: (test: Task, consequent: Task, alternate?: Task) => Composition;
    readonly while: (test: Task, body: Task) => Composition;
    readonly dowhile: (body: Task, test: Task) => Composition;
    readonly try: (body: Task, handler: Task) => Composition;
    readonly finally: (body: Task, finalizer: Task) => Composition;
    readonly let: (declarations: object, ...tasks: Task[]) => Composition;
    readonly repeat: (count: number, ...tasks: Task[]) => Composition;
    readonly retry: (count: number, ...tasks: Task[]) => Composition;
    readonly value: (value: unknown) => Composition;
    readonly dynamic: () => Composition;
    readonly action: (name: string, options: { readonly action: (params: never) => unknown }) => Composition;
  };
  export default composer;
}

declare module 'openwhisk-composer/client' {
  import type { Client, Options } from 'openwhisk';

  interface Compositions {
    deploy(composition: object, overwrite: boolean): Promise<unknown>;
  }
  export default function client(options: Options): Client & { readonly compositions: Compositions };
}
