import { describe, expect, test } from 'bun:test';
import { describeApi } from '../../../src/api/description/description.ts';
import type { Schema } from '../../../src/api/description/openapi.ts';
import { systemLimits } from '../../../src/model/limits.ts';
import { TestApi, testManifest } from '../../util/api.ts';
import { Described, operationsOf } from '../../util/described.ts';

const build = { version: '1.2.3', date: '2026-01-01T00:00:00Z', commit: 'abc' };
const document = describeApi({ build, limits: systemLimits, manifest: testManifest() });
const api = new TestApi();

describe('the description', () => {
  test('has schemas that can be compiled, and references that lead somewhere', () => {
    const described = new Described(document);
    for (const name of Object.keys(document.components.schemas)) expect(described.validator(name)).toBeFunction();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    const dangling = references.filter(([, kind, name]) => {
      const all: Readonly<Record<string, object>> = document.components[kind as 'schemas'];
      return !Object.hasOwn(all, name as string);
    });
    expect(references.length).toBeGreaterThan(100);
    expect(dangling).toEqual([]);
  });

  test('has an id of its own for each operation, one of the tags, and all parameters of its path', () => {
    const operations = operationsOf(document);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
    const tags = document.tags.map(({ name }) => name);
    for (const { path, operation } of operations) {
      expect(tags).toContain(operation.tags[0] as string);
      const inPath = operation.parameters?.filter((each) => each.in === 'path').map(({ name }) => name) ?? [];
      expect([path, inPath]).toEqual([path, [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)]);
    }
  });

  test('names all paths of the app, and no others', () => {
    // A path that ends in a slash is the same without it, but for the list of a package.
    const plain = (path: string) => (path.endsWith('/{}/') ? path : path.replace(/(?<=.)\/$/, ''));
    const served = api.app.routes
      .filter(({ path }) => path !== '/*')
      .map(({ method, path }) => `${method} ${plain(path.replaceAll(/:\w+/g, '{}'))}`)
      .map((route) => route.replace(/\/docs\/[\w.-]+$/, '/docs/{}').replace('/web/*', '/web/{}/{}/{}'));
    const described = operationsOf(document).map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
    );
    // What a browser asks before it asks: no operation.
    const preflight = 'OPTIONS /api/v1/*';
    // An activation is also found with a slash at its end.
    const alias = 'GET /api/v1/namespaces/{}/activations/{}/';
    const routes = new Set(served.filter((route) => route !== preflight && route !== alias));
    expect([...routes].sort()).toEqual(described.sort());
  });

  test('says of all that needs a key that it can be refused for want of one, and of a store that answers', () => {
    const kept = operationsOf(document).filter(({ operation }) => operation.security === undefined);
    expect(kept.length).toBeGreaterThan(20);
    for (const { operation } of kept) {
      expect(operation).toMatchObject({ operationId: operation.operationId, responses: { 401: {}, 503: {} } });
    }
  });

  test('says that all bodies are needed, but for those of calls and fires', () => {
    const sent = operationsOf(document).filter(({ operation }) => operation.requestBody?.required !== undefined);
    const mayBeEmpty = sent.filter(({ operation }) => operation.requestBody?.required === false);
    expect(sent.length).toBeGreaterThan(mayBeEmpty.length);
    expect(mayBeEmpty.map(({ operation }) => operation.operationId)).toEqual(
      expect.arrayContaining(['invokeAction', 'fireTrigger']),
    );
    expect(mayBeEmpty.every(({ operation }) => /^(invoke|fire)/.test(operation.operationId))).toBe(true);
  });

  test('tells the limits and kinds of this node (ACT-19)', () => {
    const { ActionPut, ActionExecPut } = document.components.schemas;
    expect(ActionPut?.properties?.limits?.properties?.memory).toMatchObject({
      ...{ minimum: systemLimits.memory.min, maximum: systemLimits.memory.max, default: systemLimits.memory.std },
    });
    // nodejs:18 is deprecated: nothing can be made of it any more.
    const kinds = ActionExecPut?.anyOf?.[0]?.properties?.kind?.enum;
    expect(kinds).toEqual(['nodejs:20', 'nodejs:default', 'java:8', 'java:default']);
  });

  test.each(['', '/api/v1'])('is at %s/api-docs for everybody, also from other origins (EP-30)', async (base) => {
    for (const slash of ['', '/']) {
      const { status, headers, json } = await api.call('GET', `${base}/api-docs${slash}`);
      expect([status, headers.get('content-type'), headers.get('access-control-allow-origin')]).toEqual([
        ...[200, 'application/json', '*'],
      ]);
      expect(json.openapi).toBe('3.1.0');
    }
  });
});

describe('the page', () => {
  test.each(['', '/api/v1'])('is found from %s/docs, as in OpenWhisk (STD-29, EP-30)', async (base) => {
    const { status, headers } = await api.call('GET', `${base}/docs`);
    expect([status, headers.get('location')]).toEqual([308, `docs/index.html?url=${base}/api-docs`]);
    const target = new URL(headers.get('location') as string, `http://x${base}/docs`);
    expect((await api.call('GET', target.pathname)).status).toBe(200);
    const slash = await api.call('GET', `${base}/docs/`);
    expect(new URL(slash.headers.get('location') as string, `http://x${base}/docs/`).href).toBe(target.href);
  });

  test('asks for nothing but its own files, and may not', async () => {
    const page = await api.call('GET', '/api/v1/docs/index.html');
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const { status, headers, text } = await api.call('GET', `/api/v1/docs/${file}`);
      expect([file, status, text.length > 0]).toEqual([file, 200, true]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(page.headers.get('content-security-policy')).toStartWith("default-src 'none'; script-src 'self';");
  });

  test('shows the description of this node, whatever its address says', async () => {
    const { text } = await api.call('GET', '/docs/start.js');
    expect(text).toContain("url: '../api-docs'");
    expect(text).not.toMatch(/location|search/);
  });
});

/** What OpenWhisk's own description promises of its answers: fields, with a `!` where they are required. */
const ENTITY = 'namespace!:string name!:string version!:string publish!:boolean annotations:array updated:integer';
const ACTIVATION =
  'namespace!:string name!:string version!:string publish!:boolean annotations:array activationId!:string start!:integer ' +
  'end:integer duration:integer cause:string';
const promises: Readonly<Record<string, string>> = {
  Action: `${ENTITY} exec!:object limits!:object parameters:array`,
  ActionRow: `${ENTITY} exec!:object limits!:object`,
  ActionLimits: 'timeout:integer memory:integer logs:integer concurrency:integer',
  Rule: `${ENTITY} trigger!:object action!:object status:string`,
  RuleRow: `${ENTITY} trigger!:object action!:object`,
  PathName: 'path!:string name!:string',
  Trigger: `${ENTITY} parameters:array limits:object rules:object`,
  TriggerRow: ENTITY,
  Package: `${ENTITY} parameters:array binding:object`,
  PackageView: `${ENTITY} parameters:array binding:object actions:array feeds:array`,
  PackageBinding: 'namespace:string name:string',
  PackageAction: 'name!:string version!:string annotations:array',
  Activation: `${ACTIVATION} subject!:string response!:object logs!:array`,
  ActivationRow: `${ACTIVATION} statusCode:integer`,
  ActivationId: 'activationId!:string',
  ActivationLogs: 'logs:array',
  ActivationResult: 'status:string success:boolean size:integer result:any',
  KeyValue: 'key:string value:any',
  Error: 'error!:string code:string',
  UserLimits:
    'invocationsPerMinute:integer concurrentInvocations:integer firesPerMinute:integer allowedKinds:array ' +
    'storeActivations:boolean maxParameterSize:string minActionMemory:integer maxActionMemory:integer ' +
    'minActionTimeout:integer maxActionTimeout:integer minActionLogs:integer maxActionLogs:integer ' +
    'minActionConcurrency:integer maxActionConcurrency:integer maxActionInstances:integer',
};

/** What wsk, wskdeploy and the SDK read without asking whether it is there: what is missing is a panic, or is shown as nothing. */
const reads: Readonly<Record<string, string>> = {
  Action: 'annotations!:array parameters!:array updated!:integer',
  ActionRow: 'annotations!:array updated!:integer',
  Rule: 'status!:string annotations!:array',
  RuleRow: 'annotations!:array',
  Trigger: 'annotations!:array parameters!:array',
  TriggerRow: 'annotations!:array',
  PackageView: 'binding!:object actions!:array feeds!:array annotations!:array parameters!:array',
  PackageRow: 'binding!:any annotations!:array',
  Activation: 'annotations!:array',
  ActivationRow: 'annotations!:array',
  ActivationLogs: 'logs!:array',
  ActivationResult: 'status!:string success!:boolean result!:any',
  Error: 'error!:string code!:string',
  KeyValue: 'key!:string value!:any',
  ServerInfo: 'runtimes!:object limits!:object',
  RuntimeInfo: 'kind!:string default!:boolean deprecated!:boolean',
  ApiInfo: 'build!:string buildno!:string',
};

describe('clients find in', () => {
  const schemas = document.components.schemas;
  const typeOf = (schema: Schema | undefined): string | undefined => {
    if (schema?.$ref) return typeOf(schemas[schema.$ref.split('/').at(-1) as string]);
    if (schema?.oneOf) return typeOf(schema.oneOf[0]);
    return schema && (schema.type ?? 'any');
  };
  const kept = (name: string, promised: string) =>
    promised.split(' ').map((each) => {
      const [field, _type] = each.split(':') as [string, string];
      const key = field.replace('!', '');
      const schema = schemas[name];
      const isRequired = schema?.required?.includes(key) ?? false;
      return `${key}${field.endsWith('!') && isRequired ? '!' : field.endsWith('!') ? '?' : ''}:${typeOf(schema?.properties?.[key])}`;
    });

  test.each(Object.entries(promises))('%s what OpenWhisk promises', (name, promised) => {
    expect(kept(name, promised)).toEqual(promised.split(' '));
  });

  test.each(Object.entries(reads))('%s what they read without looking', (name, read) => {
    expect(kept(name, read)).toEqual(read.split(' '));
  });

  test('no 408, which OpenWhisk describes and never sends (TRAP-12)', () => {
    const statuses = operationsOf(document).flatMap(({ operation }) => Object.keys(operation.responses));
    expect(statuses).toContain('202');
    expect(statuses).not.toContain('408');
  });

  test('an action whether its code is an archive: wsk needs to know', () => {
    const [code, image] = schemas.ActionExec?.oneOf ?? [];
    expect(code?.required).toContain('binary');
    expect(image?.required).toContain('binary');
  });
});

describe('operations have the ids of OpenWhisk:', () => {
  test.each([
    ['getAllNamespaces', 'GET /namespaces'],
    ['getAllActions', 'GET /namespaces/{}/actions'],
    ['getActionByName', 'GET /namespaces/{}/actions/{}'],
    ['updateAction', 'PUT /namespaces/{}/actions/{}'],
    ['deleteAction', 'DELETE /namespaces/{}/actions/{}'],
    ['invokeAction', 'POST /namespaces/{}/actions/{}'],
    ['getActionInPackageByName', 'GET /namespaces/{}/actions/{}/{}'],
    ['updateActionInPackage', 'PUT /namespaces/{}/actions/{}/{}'],
    ['deleteActionInPackage', 'DELETE /namespaces/{}/actions/{}/{}'],
    ['invokeActionInPackage', 'POST /namespaces/{}/actions/{}/{}'],
    ['getAllRules', 'GET /namespaces/{}/rules'],
    ['getRuleByName', 'GET /namespaces/{}/rules/{}'],
    ['updateRule', 'PUT /namespaces/{}/rules/{}'],
    ['deleteRule', 'DELETE /namespaces/{}/rules/{}'],
    ['setState', 'POST /namespaces/{}/rules/{}'],
    ['getAllTriggers', 'GET /namespaces/{}/triggers'],
    ['getTriggerByName', 'GET /namespaces/{}/triggers/{}'],
    ['updateTrigger', 'PUT /namespaces/{}/triggers/{}'],
    ['deleteTrigger', 'DELETE /namespaces/{}/triggers/{}'],
    ['fireTrigger', 'POST /namespaces/{}/triggers/{}'],
    ['getAllPackages', 'GET /namespaces/{}/packages'],
    ['getPackageByName', 'GET /namespaces/{}/packages/{}'],
    ['updatePackage', 'PUT /namespaces/{}/packages/{}'],
    ['deletePackage', 'DELETE /namespaces/{}/packages/{}'],
    ['getActivations', 'GET /namespaces/{}/activations'],
    ['getActivationById', 'GET /namespaces/{}/activations/{}'],
    ['getActivationLogs', 'GET /namespaces/{}/activations/{}/logs'],
    ['getActivationResult', 'GET /namespaces/{}/activations/{}/result'],
    ['getLimits', 'GET /namespaces/{}/limits'],
  ])('%s', (id, route) => {
    const found = operationsOf(document).find(({ operation }) => operation.operationId === id);
    expect(`${found?.method.toUpperCase()} ${found?.path.replaceAll(/\{\w+\}/g, '{}')}`).toBe(
      route.replace(' ', ' /api/v1'),
    );
  });
});
