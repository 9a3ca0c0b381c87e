import type { Collection, Package, Stored } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import { messages } from '../model/messages.ts';
import type { QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';

/**
 * Who may do what (Entitlement.scala, ActionCollection, PackageCollection). A namespace belongs to its subject alone, but
 * published packages and what is in them may be read and invoked by all, also through a binding of one's own. Whoever may not is
 * told the same whether the thing exists or not.
 */
export type Right = 'READ' | 'PUT' | 'DELETE' | 'ACTIVATE';

/** What somebody wants to touch: an entity, or without a name a whole collection. */
export interface Resource {
  readonly collection: Collection | 'activations';
  readonly namespace: string;
  readonly package?: string;
  readonly name?: string;
}

export type Verdict = 'allowed' | 'refused' | 'as the package';

/** All that can be said without looking at the package. Pure. */
export function judge(identity: Identity, right: Right, resource: Resource): Verdict {
  const isOwner = resource.namespace === identity.namespace;
  const { collection, name } = resource;
  if (collection === 'packages') {
    // Anybody may list the packages of anybody; the list shows strangers what is published.
    if (name === undefined) return right === 'READ' ? 'allowed' : 'refused';
    if (right === 'READ') return 'as the package';
    return isOwner && right !== 'ACTIVATE' ? 'allowed' : 'refused';
  }
  const isUse = right === 'READ' || right === 'ACTIVATE';
  if (collection === 'actions' && name !== undefined && resource.package !== undefined && isUse)
    return 'as the package';
  if (name === undefined) return isOwner && right === 'READ' ? 'allowed' : 'refused';
  return isOwner ? 'allowed' : 'refused';
}

/** Reads documents; `peek` at once from memory. */
export interface Documents {
  peek(id: string): Stored | undefined;
  get(id: string): Promise<Stored | undefined>;
}

export class Entitlement {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Nothing, at once where no package must be looked at; or a promise. Throws or rejects with 403, 404, 409 or 422. */
  check(identity: Identity, right: Right, resource: Resource): undefined | Promise<void> {
    switch (judge(identity, right, resource)) {
      case 'allowed':
        return undefined;
      case 'refused':
        throw refuse(403, messages.notAuthorizedTo(shown(resource)));
      case 'as the package':
        return this.#checkPackage(identity, resource);
    }
  }

  /** All of them; the sentence names all that are refused. */
  async checkAll(identity: Identity, right: Right, resources: readonly Resource[]): Promise<void> {
    const refused: string[] = [];
    for (const resource of resources) {
      const verdict = judge(identity, right, resource);
      if (verdict === 'refused') refused.push(shown(resource));
      if (verdict === 'as the package') await this.#checkPackage(identity, resource);
    }
    if (refused.length > 0) throw refuse(403, messages.notAuthorizedTo([...new Set(refused)].sort().join(', ')));
  }

  #checkPackage(
    identity: Identity,
    { collection, namespace, package: inner, name }: Resource,
  ): undefined | Promise<void> {
    const packageName = (collection === 'packages' ? name : inner) as string;
    const known = this.#documents.peek(`${namespace}/${packageName}`);
    if (known?.entity.entityType === 'package' && !('name' in known.entity.binding)) {
      if (mayRead(identity, known.entity)) return undefined;
      throw refuse(403, messages.notAuthorizedTo(`${namespace}/${packageName}`));
    }
    return this.#follow(identity, { namespace, name: packageName });
  }

  async #follow(identity: Identity, asked: QualifiedName): Promise<void> {
    const isOwner = asked.namespace === identity.namespace;
    const no = refuse(403, messages.notAuthorizedTo(`${asked.namespace}/${asked.name}`));
    const own = (await this.#documents.get(`${asked.namespace}/${asked.name}`))?.entity;
    if (own === undefined) throw isOwner ? refuse(404, messages.resourceDoesNotExist) : no;
    if (own.entityType !== 'package') throw isOwner ? refuse(409, messages.conformance) : no;
    if (!('name' in own.binding)) {
      if (!mayRead(identity, own)) throw no;
      return;
    }
    // A binding is its owner's alone, and good for no more than what it points to.
    if (!isOwner) throw no;
    const { namespace, name } = own.binding as { namespace: string; name: string };
    if (namespace === asked.namespace && name === asked.name) {
      throw refuse(422, messages.packageBindingCircular(`${namespace}/${name}`));
    }
    const target = (await this.#documents.get(`${namespace}/${name}`))?.entity;
    if (target?.entityType === 'package' && mayRead(identity, target)) return;
    if (namespace !== identity.namespace) throw no;
    throw target === undefined ? refuse(404, messages.resourceDoesNotExist) : refuse(409, messages.conformance);
  }
}

/** Pure. @param subject a package of its own, no binding */
function mayRead(identity: Identity, { namespace, publish }: Package): boolean {
  return publish || namespace === identity.namespace;
}

function shown({ namespace, package: inner, name }: Resource): string {
  return [namespace, inner, name].filter((part) => part !== undefined).join('/');
}
