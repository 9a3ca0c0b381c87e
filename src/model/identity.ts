import type { UserLimits } from './limits.ts';

/** Who calls: a subject acting in one of its namespaces, with the key that opened the door. */
export interface Identity {
  readonly subject: string;
  readonly namespace: string;
  readonly uuid: string;
  readonly key: string;
  readonly limits: UserLimits;
}

/** A subject's document in the `subjects` database (WhiskAuth.scala). */
export interface Subject {
  readonly subject: string;
  readonly namespaces: readonly SubjectNamespace[];
  readonly blocked?: boolean;
}

export interface SubjectNamespace {
  readonly name: string;
  readonly uuid: string;
  readonly key: string;
}
