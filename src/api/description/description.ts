import type { SystemLimits } from '../../model/limits.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Build } from '../info.ts';
import { actionsPart } from './actions.ts';
import { activationsPart } from './activations.ts';
import { commonSchemas } from './common.ts';
import { namespacesPart } from './namespaces.ts';
import type { Document, Paths, Schemas } from './openapi.ts';
import { type Part, refusalResponses } from './operation.ts';
import { packagesPart } from './packages.ts';
import { rulesPart } from './rules.ts';
import { serverPart } from './server.ts';
import { triggersPart } from './triggers.ts';
import { webActionsPart } from './web-actions.ts';

export interface Described {
  readonly build: Build;
  readonly limits: SystemLimits;
  readonly manifest: Manifest;
}

/**
 * The API as an OpenAPI 3.1 document: all that `app.ts` serves, and nothing else, with the limits and kinds of this node. Ids of
 * operations and names of schemas are OpenWhisk's (apiv1swagger.json) where it has them. Tests hold that the paths are those of
 * the app, and that answers are as described.
 */
export function describeApi({ build, limits, manifest }: Described): Document {
  const parts: Part[] = [
    namespacesPart,
    actionsPart(limits, kindsOf(manifest)),
    packagesPart,
    triggersPart,
    rulesPart,
    activationsPart,
    webActionsPart,
    serverPart,
  ];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Whisklet',
      description:
        'OpenWhisk on an edge host. The user of a key is its part before the colon, the password what follows.',
      version: build.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Wherever this document is found, the API is at the root of that host.
    servers: [{ url: '/' }],
    security: [{ basicAuth: [] }],
    tags: parts.map(({ tag }) => tag),
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as Paths,
    components: {
      securitySchemes: { basicAuth: { type: 'http', scheme: 'basic' } },
      responses: refusalResponses(),
      schemas: Object.assign({}, commonSchemas, ...parts.map(({ schemas }) => schemas)) as Schemas,
    },
  };
}

/** What `exec.kind` may say; deprecated kinds can only be read and deleted. */
function kindsOf({ kinds }: Manifest): string[] {
  const alive = kinds.filter(({ deprecated }) => !deprecated);
  return alive.flatMap(({ kind, isDefault, group }) => (isDefault ? [kind, `${group}:default`] : [kind]));
}
