import { type Authenticator, isSame } from '../../auth/auth.ts';
import type { Entitlement } from '../../auth/entitlement.ts';
import type { Entities } from '../../entities/entities.ts';
import type { Resolved } from '../../entities/resolved.ts';
import type { Invocation } from '../../invocation/invocation.ts';
import { type Annotation, annotation, isTrue } from '../../model/entities.ts';
import type { Identity } from '../../model/identity.ts';
import { messages } from '../../model/messages.ts';
import type { QualifiedName } from '../../model/names.ts';
import { Refusal, refuse } from '../../model/refusal.ts';

export interface WebAccessOptions {
  readonly authenticator: Authenticator;
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly invocation: Invocation;
}

const SECRET_HEADER = 'x-require-whisk-auth';

/** Which actions the web may see, for whom they run, and who may call them. */
export class WebAccess {
  readonly #options: WebAccessOptions;

  constructor(options: WebAccessOptions) {
    this.#options = options;
  }

  /**
   * An action and whom it runs for: the owner of the namespace in the path (WEB-18), who must be allowed to invoke it.
   *
   * @throws Refusal 404 for all that is not there or not exported, 403 where the owner may not
   */
  async find(name: QualifiedName): Promise<{ readonly owner: Identity; readonly resolved: Resolved }> {
    const { authenticator, entities, entitlement, invocation } = this.#options;
    const known = authenticator.ownerOf(name.namespace);
    const owner = known instanceof Promise ? await known : known;
    if (!owner) throw missing();
    const found = entities.resolve(name);
    const resolved = found instanceof Promise ? await found.catch(hide) : found;
    if (!isTrue(resolved.action.annotations, 'web-export')) throw missing();
    const check = entitlement.check(owner, 'ACTIVATE', { ...name, collection: 'actions' });
    if (await check) await check;
    const permitted = invocation.permit(owner, resolved);
    if (await permitted) await permitted;
    return { owner, resolved };
  }

  /** Who calls, when there is a key of ours. A web action may have credentials of its own, which say nothing to us. */
  caller(request: Request): undefined | Promise<Identity | undefined> {
    const header = request.headers.get('authorization');
    return header === null ? undefined : this.#identify(header);
  }

  async #identify(header: string): Promise<Identity | undefined> {
    try {
      return await this.#options.authenticator.identify(header);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return undefined;
      throw error;
    }
  }
}

/**
 * What `require-whisk-auth` asks for (WEB-16): true any caller with a key of ours, a text or a number the header
 * `X-Require-Whisk-Auth` with just that.
 *
 * @throws Refusal 401
 */
export function checkAdmission(
  annotations: readonly Annotation[],
  request: Request,
  caller: Identity | undefined,
): void {
  const required = annotation(annotations, 'require-whisk-auth');
  if (required === undefined || required === false) return;
  if (required === true && caller) return;
  if (typeof required === 'string' || typeof required === 'number') {
    const given = request.headers.get(SECRET_HEADER);
    if (given !== null && isSame(given, String(required))) return;
  }
  throw refuse(401, messages.webAuthenticationMissing);
}

export function missing(): Refusal {
  return refuse(404, messages.resourceDoesNotExist);
}

/** Whatever there is instead, the web is told that there is nothing. */
function hide(error: unknown): never {
  throw error instanceof Refusal && error.status < 500 ? missing() : error;
}
