import type { Entitlement, Right } from '../auth/entitlement.ts';
import type { Entities } from '../entities/entities.ts';
import type { PackagePut } from '../entities/packages.ts';
import type { Identity } from '../model/identity.ts';
import { messages } from '../model/messages.ts';
import { DEFAULT_PACKAGE } from '../model/names.ts';
import { Refusal, refuse } from '../model/refusal.ts';
import { readJson } from './body.ts';
import { answer, type Call } from './call.ts';
import { packageJson, packageRow, packageViewJson } from './entity-json.ts';
import { entitled, nameOf, namespaceOf } from './path.ts';
import { booleanOf, pageOf } from './query.ts';

export interface PackageRoutesOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  /** Bytes of the body of a PUT. */
  readonly bodyBytes: number;
}

/** `/namespaces/{ns}/packages…` (Packages.scala). */
export class PackageRoutes {
  readonly #options: PackageRoutesOptions;

  constructor(options: PackageRoutesOptions) {
    this.#options = options;
  }

  /** Strangers see what is published. */
  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const namespace = namespaceOf(call, ns);
    const { packages } = this.#options.entities;
    const page = pageOf(query, 'packages');
    const publicOnly = namespace !== call.identity.namespace;
    if (booleanOf(query, 'count', false)) {
      return answer(call, 200, JSON.stringify({ packages: await packages.count(namespace, page.skip, publicOnly) }));
    }
    return answer(call, 200, JSON.stringify((await packages.list(namespace, page, publicOnly)).map(packageRow)));
  }

  async get(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'READ', ns, path);
    return answer(
      call,
      200,
      JSON.stringify(packageViewJson(await this.#options.entities.packages.get(name.namespace, name.name))),
    );
  }

  async put(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const { entities, bodyBytes } = this.#options;
    const name = await this.#entitled(call, 'PUT', ns, path);
    const overwrite = booleanOf(query, 'overwrite', false);
    if (name.name === DEFAULT_PACKAGE) throw refuse(400, messages.packageNameReserved(name.name));
    const value = await readJson(call.context, bodyBytes);
    const put = entities.packages.read(call.identity, value);
    await this.#checkBinding(call.identity, put);
    return answer(call, 200, JSON.stringify(packageJson(await entities.packages.put(name, put, overwrite))));
  }

  async delete(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = await this.#entitled(call, 'DELETE', ns, path);
    const force = booleanOf(query, 'force', false);
    return answer(call, 200, JSON.stringify(packageJson(await this.#options.entities.packages.delete(name, force))));
  }

  async #entitled(call: Call, right: Right, ns: string, path: string) {
    const name = nameOf(call, ns, path);
    try {
      await entitled(this.#options.entitlement, call, right, 'packages', name);
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 404)) throw error;
      throw refuse(404, messages.packageDoesNotExist(`${name.namespace}/${name.name}`));
    }
    return name;
  }

  /** One may bind to what one may read; what is not there, or no package, has sentences of its own (Packages.rewriteEntitlementFailure). */
  async #checkBinding(identity: Identity, { binding }: PackagePut): Promise<void> {
    if (!binding) return;
    try {
      await this.#options.entitlement.checkAll(identity, 'READ', [{ collection: 'packages', ...binding }]);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) throw refuse(400, messages.bindingDoesNotExist);
      if (error instanceof Refusal && error.status === 409) throw refuse(409, messages.bindingNotPackage);
      throw error;
    }
  }
}
