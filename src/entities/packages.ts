import { type Annotation, annotation, type Package, type Parameter } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { effectiveLimits, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { DEFAULT_NAMESPACE, entityId, isName, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import type { Actions } from './actions.ts';
import { withoutAnnotations } from './annotations.ts';
import { bindPackage, targetOf } from './bound-package.ts';
import { checkSizes, defined, malformedBody, readBoolean, readParameters, readVersion } from './put-fields.ts';
import { FIRST_VERSION, nextVersion } from './version.ts';

export interface PackagesOptions {
  readonly access: EntityAccess;
  readonly actions: Actions;
  readonly limits: SystemLimits;
  readonly now: () => number;
}

/** The body of a PUT on a package (WhiskPackagePut). */
export interface PackagePut {
  readonly binding?: { readonly namespace: string; readonly name: string };
  readonly parameters?: readonly Parameter[];
  readonly version?: string;
  readonly publish?: boolean;
  readonly annotations?: readonly Annotation[];
}

/** What a package shows of one of its actions. */
export interface PackagedAction {
  readonly name: string;
  readonly version: string;
  readonly annotations: readonly Annotation[];
}

/** A package as a client gets it: parameters merged through the binding, actions and feeds apart (EP-22). */
export interface PackageView {
  readonly package: Package;
  readonly actions: readonly PackagedAction[];
  readonly feeds: readonly PackagedAction[];
}

export class Packages {
  readonly #options: PackagesOptions;

  constructor(options: PackagesOptions) {
    this.#options = options;
  }

  async get(namespace: string, name: string): Promise<PackageView> {
    const { access } = this.#options;
    const { own, provider, parameters } = await bindPackage(access, namespace, name);
    const path = `${provider.namespace}/${provider.package}`;
    const all = await access.list('action', { collection: 'actions', path, skip: 0 });
    const shown = (each: (typeof all)[number]): PackagedAction => ({
      name: each.name,
      version: each.version,
      annotations: each.annotations,
    });
    const isFeed = (each: (typeof all)[number]) => annotation(each.annotations, 'feed') !== undefined;
    return {
      package: { ...own.entity, parameters },
      actions: all.filter((each) => !isFeed(each)).map(shown),
      feeds: all.filter(isFeed).map(shown),
    };
  }

  /** Where the actions of a package are: behind a binding, in the package that it points to. */
  async provider(namespace: string, name: string): Promise<{ readonly namespace: string; readonly package: string }> {
    return (await bindPackage(this.#options.access, namespace, name)).provider;
  }

  /** Reads the body of a PUT. Whether the caller may read what it binds to is checked by the caller. */
  read({ namespace, limits }: Identity, body: Json): PackagePut {
    if (!isObject(body)) throw malformedBody("Object expected in field 'binding'");
    const parameters = readParameters(body.parameters);
    const annotations = readParameters(body.annotations);
    checkSizes({ parameters, annotations }, effectiveLimits(this.#options.limits, limits));
    return defined({
      binding: readBinding(body.binding, namespace),
      parameters,
      annotations,
      version: readVersion(body.version),
      publish: readBoolean(body.publish, 'publish'),
    });
  }

  async put(name: QualifiedName, put: PackagePut, overwrite: boolean): Promise<Package> {
    const { access } = this.#options;
    const old = await access.findForPut('package', name, overwrite);
    if (put.binding && old && !targetOf(old.entity)) throw refuse(409, messages.packageCannotBecomeBinding);
    if (put.binding) await this.#checkBinding(put.binding);
    const changed = old ? this.#updated(old.entity, put) : this.#created(name, put);
    await access.put(changed, old?.rev);
    return changed;
  }

  /** @param force deletes its actions, too (EP-23) */
  async delete(name: QualifiedName, force: boolean): Promise<Package> {
    const { access, actions } = this.#options;
    const { entity, rev } = await access.load('package', name);
    if (!targetOf(entity)) {
      const inside = await access.list('action', { collection: 'actions', path: entityId(name), skip: 0 });
      if (inside.length > 0 && !force) throw refuse(409, messages.packageNotEmpty(inside.length));
      for (const action of inside) {
        await actions.delete({ namespace: name.namespace, package: name.name, name: action.name });
      }
    }
    await access.delete(entityId(name), rev);
    return entity;
  }

  /** @param publicOnly what others see of a namespace */
  list(
    namespace: string,
    page: { readonly skip: number; readonly limit: number },
    publicOnly: boolean,
  ): Promise<Package[]> {
    const query = { collection: 'packages', path: namespace, ...page } as const;
    return this.#options.access.list('package', publicOnly ? { ...query, publicOnly } : query);
  }

  count(namespace: string, skip: number, publicOnly: boolean): Promise<number> {
    const query = { collection: 'packages', path: namespace, skip } as const;
    return this.#options.access.count(publicOnly ? { ...query, publicOnly } : query);
  }

  /** One may bind to a package, not to a binding and not to something else (PKG-02). */
  async #checkBinding({ namespace, name }: { readonly namespace: string; readonly name: string }): Promise<void> {
    const found = await this.#options.access.find('package', `${namespace}/${name}`).catch(() => {
      throw refuse(409, messages.bindingNotPackage);
    });
    if (!found) throw refuse(400, messages.bindingDoesNotExist);
    if (targetOf(found.entity)) throw refuse(400, messages.bindingOfBinding);
  }

  #created(name: QualifiedName, put: PackagePut): Package {
    return {
      entityType: 'package',
      namespace: name.namespace,
      name: name.name,
      binding: put.binding ?? {},
      parameters: put.parameters ?? [],
      version: put.version ?? FIRST_VERSION,
      publish: put.publish ?? false,
      annotations: withBinding(put.annotations ?? [], put.binding),
      updated: this.#options.now(),
    };
  }

  #updated(old: Package, put: PackagePut): Package {
    const binding = put.binding ?? targetOf(old);
    return {
      ...old,
      binding: binding ?? {},
      parameters: put.parameters ?? old.parameters,
      version: put.version ?? nextVersion(old.version),
      publish: put.publish ?? old.publish,
      annotations: withBinding(put.annotations ?? old.annotations, binding),
      updated: this.#options.now(),
    };
  }
}

/** The `binding` annotation is the server's: clients read it in lists (PAR-11). */
function withBinding(annotations: readonly Annotation[], binding: PackagePut['binding']): Annotation[] {
  const rest = withoutAnnotations(annotations, ['binding']);
  return binding ? [...rest, { key: 'binding', value: { name: binding.name, namespace: binding.namespace } }] : rest;
}

/** `{"namespace": "_", "name": …}`; an empty object is no binding. */
function readBinding(value: Json | undefined, own: string): PackagePut['binding'] {
  if (value === undefined || (isObject(value) && Object.keys(value).length === 0)) return undefined;
  if (!isObject(value)) throw malformedBody("Object expected in field 'namespace'");
  const [namespace, name] = [entityName(value, 'namespace'), entityName(value, 'name')];
  return { namespace: namespace === DEFAULT_NAMESPACE ? own : namespace, name };
}

function entityName(binding: JsonObject, field: 'namespace' | 'name'): string {
  const name = binding[field];
  if (name === undefined) throw malformedBody(`Object is missing required member '${field}'`);
  if (typeof name !== 'string' || !isName(name)) throw malformedBody('entity name malformed');
  return name;
}
