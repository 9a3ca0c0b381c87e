import { isObject, type Json, type JsonObject } from './json.ts';
import { ManifestError, readStemCells, type StemCell } from './stem-cells.ts';

export { ManifestError } from './stem-cells.ts';

/**
 * The manifest: which kinds of runtime there are (`runtimes/manifest.json`, or `--manifest FILE`). The format is
 * OpenWhisk's (ExecManifest.scala), so an operator's own file works; `whisklet` in an entry holds our fields:
 *
 *     { "kind": "nodejs:20", "default": true, "image": {"prefix": "openwhisk", "name": "action-nodejs-v20", "tag": "nightly"},
 *       "stemCells": [{ "initialCount": 2, "memory": "256 MB" }],
 *       "whisklet": { "protocol": "stdio", "family": "javascript" } }
 *
 * An entry without `whisklet` is an OpenWhisk image and speaks the HTTP protocol.
 */
export interface RuntimeSpec {
  /** `nodejs:20`, or `blackbox`. */
  readonly kind: string;
  readonly protocol: 'stdio' | 'http';
  /** Folder of runtimes/ whose shim speaks the stdio protocol: `javascript`, `python`. Absent for `http`. */
  readonly family?: string;
  /** The Docker image. A family that the executable makes by itself needs none. */
  readonly image?: string;
  /** Local sandbox: programs to try, the first that exists runs the shim; absent means the executable itself. */
  readonly commands?: readonly string[];
}

export interface Kind extends RuntimeSpec {
  /** `nodejs`: the family of OpenWhisk's manifest, which wskdeploy maps to file extensions. */
  readonly group: string;
  readonly isDefault: boolean;
  readonly deprecated: boolean;
  readonly requireMain: boolean;
  readonly attached: boolean;
  /** The image as `GET /` shows it. */
  readonly shownImage: string;
  readonly stemCells: readonly StemCell[];
}

/** The kinds of this node, by name, with `family:default` resolved. */
export class Manifest {
  readonly kinds: readonly Kind[];
  readonly #byName = new Map<string, Kind>();

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds;
    for (const kind of kinds) {
      if (this.#byName.has(kind.kind)) throw new ManifestError(`kind '${kind.kind}' stands twice in the manifest`);
      this.#byName.set(kind.kind, kind);
      if (kind.isDefault) this.#byName.set(`${kind.group}:default`, kind);
    }
  }

  resolve(kind: string): Kind | undefined {
    return this.#byName.get(kind);
  }

  /** Names for the sentence that refuses an unknown kind. */
  get names(): readonly string[] {
    return [...this.kinds.map((each) => each.kind), 'blackbox', 'sequence'];
  }

  /** The `runtimes` field of `GET /`. */
  describe(): JsonObject {
    const groups: { [group: string]: Json[] } = {};
    for (const { group, kind, shownImage: image, attached, deprecated, requireMain, isDefault } of this.kinds) {
      groups[group] ??= [];
      groups[group].push({ attached, default: isDefault, deprecated, image, kind, requireMain });
    }
    return groups;
  }

  /** The operator's count of stem cells in place of the manifest's, for the kinds that have stem cells at all. */
  withStemCells(count: number): Manifest {
    return new Manifest(
      this.kinds.map((kind) => ({ ...kind, stemCells: kind.stemCells.map(({ memory }) => ({ count, memory })) })),
    );
  }

  /** Only the kinds that `keep` accepts; a group that loses its default gives it to its last kind that is not deprecated. */
  filter(keep: (kind: Kind) => boolean): Manifest {
    const kept = this.kinds.filter(keep);
    return new Manifest(
      kept.map((kind) => {
        const group = kept.filter((each) => each.group === kind.group);
        const last = group.findLast(({ deprecated }) => !deprecated) ?? group.at(-1);
        return group.some((each) => each.isDefault) ? kind : { ...kind, isDefault: kind === last };
      }),
    );
  }
}

/** Reads a manifest; throws `ManifestError` that names the place in the file. */
export function parseManifest(text: string): Manifest {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw new ManifestError(`the manifest is not JSON: ${(error as Error).message}`);
  }
  const groups = isObject(root) ? root.runtimes : undefined;
  if (!isObject(groups)) throw new ManifestError("the manifest has no object 'runtimes'");
  const kinds: Kind[] = [];
  for (const [group, entries] of Object.entries(groups)) {
    if (!Array.isArray(entries)) throw new ManifestError(`runtimes.${group} is not a list`);
    const family = entries.map((entry, index) => readKind(group, entry, `runtimes.${group}[${index}]`));
    kinds.push(...withDefault(family, `runtimes.${group}`));
  }
  return new Manifest(kinds);
}

/** One kind is its family's default, whether it says so or not; of several one has to say so. */
function withDefault(family: readonly Kind[], where: string): readonly Kind[] {
  const defaults = family.filter((kind) => kind.isDefault).length;
  if (defaults > 1) throw new ManifestError(`${where} has more than one default`);
  if (defaults === 0 && family.length > 1) throw new ManifestError(`${where} has several kinds and no default`);
  return family.length === 1 ? family.map((kind) => ({ ...kind, isDefault: true })) : family;
}

function readKind(group: string, entry: Json, where: string): Kind {
  if (!isObject(entry)) throw new ManifestError(`${where} is not an object`);
  const kind = entry.kind;
  if (typeof kind !== 'string' || kind === '') {
    throw new ManifestError(`${where}.kind must be a text such as '${group}:1'`);
  }
  const shownImage = imageName(entry.image, where);
  const own = entry.whisklet;
  const common = {
    group,
    kind,
    shownImage,
    isDefault: entry.default === true,
    deprecated: entry.deprecated === true,
    requireMain: entry.requireMain === true,
    attached: isObject(entry.attached) || entry.attached === true,
    stemCells: readStemCells(entry.stemCells, where),
  };
  if (!isObject(own)) return { ...common, protocol: 'http', image: shownImage };
  if (own.protocol !== 'stdio') throw new ManifestError(`${where}.whisklet.protocol must be 'stdio'`);
  if (typeof own.family !== 'string') throw new ManifestError(`${where}.whisklet.family must be a text`);
  return {
    ...common,
    protocol: 'stdio',
    family: own.family,
    ...(typeof own.image === 'string' ? { image: own.image } : {}),
    ...(Array.isArray(own.commands) ? { commands: own.commands.map(String) } : {}),
  };
}

function imageName(image: Json | undefined, where: string): string {
  if (typeof image === 'string') return image;
  if (!isObject(image) || typeof image.name !== 'string') throw new ManifestError(`${where}.image has no name`);
  const { registry, prefix, name, tag } = image as Record<string, string | undefined>;
  return `${[registry, prefix, name].filter(Boolean).join('/')}${tag ? `:${tag}` : ''}`;
}
