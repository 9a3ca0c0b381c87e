import { type Annotation, annotation, type Exec } from '../model/entities.ts';

/** `b` over `a`: an annotation of `b` takes the place of the one with its key, new ones come after. */
export function mergeAnnotations(a: readonly Annotation[], b: readonly Annotation[]): Annotation[] {
  const merged = new Map(a.map((each) => [each.key, each]));
  for (const each of b) merged.set(each.key, each);
  return [...merged.values()];
}

export function withoutAnnotations(all: readonly Annotation[], keys: readonly string[]): Annotation[] {
  return all.filter(({ key }) => !keys.includes(key));
}

/**
 * What the server adds: `exec` with the kind, always, since lists need it; and on new actions `provide-api-key: false`, unless
 * the author decided (WhiskActionsApi.amendAnnotations).
 */
export function amendAnnotations(annotations: readonly Annotation[], exec: Exec, isNew: boolean): Annotation[] {
  const decided = !isNew || annotation(annotations, 'provide-api-key') !== undefined;
  const withKey = decided ? annotations : [...annotations, { key: 'provide-api-key', value: false }];
  return mergeAnnotations(withKey, [{ key: 'exec', value: exec.kind }]);
}
