import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import type { Answer, Document, Method, Operation } from '../../src/api/description/openapi.ts';

/** An answer as a test got it. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Holds answers against the API's description, and remembers which of its answers were seen. */
export class Described {
  readonly document: Document;
  /** `getActionByName 200`: what was checked and right. */
  readonly seen = new Set<string>();
  readonly #ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
  readonly #operations: { readonly method: string; readonly path: RegExp; readonly operation: Operation }[];
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.document = document;
    for (const [name, schema] of Object.entries(document.components.schemas)) this.#ajv.addSchema(named(schema), name);
    this.#operations = operationsOf(document)
      .map(({ method, path, operation }) => ({ method, path: matcher(path), operation }))
      // What is in the path word for word wins over parameters.
      .sort((a, b) => parameters(a.path) - parameters(b.path));
  }

  /** What is wrong with an answer; nothing when it is as described. @param path with its query */
  problems(method: string, path: string, answer: Answered): string[] {
    const where = `${method} ${path}: ${answer.status}`;
    const operation = this.#find(method, path.split('?', 1)[0] as string);
    if (!operation) return [`${where}: no such operation`];
    const key = String(answer.status) in operation.responses ? String(answer.status) : 'default';
    const described = operation.responses[key];
    if (!described) return [`${where}: no such status`];
    const found = this.#against(operation.operationId, key, this.#resolve(described), answer);
    if (found.length === 0) this.seen.add(`${operation.operationId} ${key}`);
    return found.map((problem) => `${where}: ${problem}`);
  }

  /** Compiles a schema of the document by its name. */
  validator(name: string): ValidateFunction {
    return this.#ajv.getSchema(name) as ValidateFunction;
  }

  #find(method: string, path: string): Operation | undefined {
    return this.#operations.find((each) => each.method === method.toLowerCase() && each.path.test(path))?.operation;
  }

  #against(id: string, status: string, { headers = {}, content }: Answer, answer: Answered): string[] {
    const missing = Object.entries(headers).filter(([name, { required }]) => required && !answer.headers.has(name));
    const problems = missing.map(([name]) => `no header ${name}`);
    if (content === undefined) return answer.text === '' ? problems : [...problems, 'has a body'];
    const type = answer.headers.get('content-type') ?? 'none';
    const name = Object.keys(content).find((each) => each === '*/*' || essence(each) === essence(type));
    const schema = name === undefined ? undefined : content[name]?.schema;
    if (!schema) return [...problems, `of type ${type}`];
    if (essence(type) !== 'application/json') return problems;
    const validate = this.#validators.get(`${id} ${status}`) ?? this.#ajv.compile(named(schema));
    this.#validators.set(`${id} ${status}`, validate);
    if (validate(JSON.parse(answer.text))) return problems;
    return [...problems, `${this.#ajv.errorsText(validate.errors)} in ${answer.text.slice(0, 500)}`];
  }

  #resolve(answer: Answer | { readonly $ref: string }): Answer {
    if (!('$ref' in answer)) return answer;
    return this.document.components.responses[answer.$ref.slice('#/components/responses/'.length)] as Answer;
  }
}

export function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method as Method, path, operation })),
  );
}

const essence = (type: string) => type.split(';', 1)[0]?.trim().toLowerCase();
const matcher = (path: string) => new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
const parameters = (path: RegExp) => path.source.split('([^/]+)').length;

/** The schema with references that are names. */
function named<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/components/schemas/', '"$ref":"')) as T;
}
