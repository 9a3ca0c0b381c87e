/** As much of an OpenAPI 3.1 document as ours has. */
export interface Document {
  readonly openapi: '3.1.0';
  readonly info: {
    readonly title: string;
    readonly description: string;
    readonly version: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Security[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, { readonly type: 'http'; readonly scheme: 'basic' }>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly schemas: Schemas;
  };
}

export type Security = Readonly<Record<string, readonly string[]>>;
export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options';
export type Path = { readonly [method in Method]?: Operation };
/** By path, with `{parameters}`. */
export type Paths = Readonly<Record<string, Path>>;

export interface Operation {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  /** By status, or `default`. */
  readonly responses: Answers;
  readonly security?: readonly Security[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export type Answers = Readonly<Record<string, Answer | Reference>>;
export interface Answer {
  readonly description: string;
  readonly headers?: Headers;
  readonly content?: Content;
}
export type Headers = Readonly<
  Record<string, { readonly description?: string; readonly required: boolean; readonly schema: Schema }>
>;
/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Reference {
  readonly $ref: string;
}

/** A JSON schema, draft 2020-12. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: 'string' | 'boolean' | 'integer' | 'object' | 'array';
  readonly const?: string | boolean;
  readonly enum?: readonly string[];
  readonly default?: boolean | number;
  readonly examples?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Schemas;
  readonly additionalProperties?: false | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}
export type Schemas = Readonly<Record<string, Schema>>;
