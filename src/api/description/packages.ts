import { entityFields, listOperation, parameters, putFields, putParameters } from './common.ts';
import { inPath, inQuery, json, namespace, operation, overwrite, type Part, refusals, version } from './operation.ts';
import { answered, anyOf, flag, list, ref, sent, text } from './schema.ts';

const TAG = 'Packages';
const BASE = '/api/v1/namespaces/{namespace}/packages';
const path = [namespace, inPath('packageName', 'The package', ['tools'])];

const binding = { namespace: text('Where it is; `_` is the own namespace'), name: text('The package') };

export const packagesPart: Part = {
  tag: { name: TAG, description: 'Actions and feeds under one name, with parameters for all of them.' },
  paths: {
    [BASE]: {
      get: listOperation({
        ...{ tag: TAG, id: 'getAllPackages', collection: 'packages', row: ref('PackageRow') },
        summary: 'List the packages of a namespace; of another one, those that are published',
      }),
    },
    [`${BASE}/{packageName}`]: {
      get: operation({
        ...{ tag: TAG, id: 'getPackageByName', summary: 'Get a package with what is in it', parameters: path },
        answers: { 200: json('The package', ref('PackageView')), ...refusals(400, 403, 404, 409, 422) },
      }),
      put: operation({
        ...{ tag: TAG, id: 'updatePackage', summary: 'Create or change a package, or bind to one' },
        description: 'What the body does not say stays as it is.',
        parameters: [...path, overwrite],
        body: ref('PackagePut'),
        answers: { 200: json('The package', ref('Package')), ...refusals(400, 403, 409, 413, 415, 422) },
      }),
      delete: operation({
        ...{ tag: TAG, id: 'deletePackage', summary: 'Delete a package' },
        parameters: [...path, inQuery('force', flag('Delete what is in it, too'))],
        answers: { 200: json('The package as it was', ref('Package')), ...refusals(400, 403, 404, 409) },
      }),
    },
  },
  schemas: {
    PackageBinding: answered('The package that this one is a binding to; empty when it is none', {}, binding),
    Package: answered('A package', { ...entityFields, binding: ref('PackageBinding'), parameters }),
    PackageView: answered('A package with what is in it', {
      ...entityFields,
      binding: ref('PackageBinding'),
      parameters,
      actions: list(ref('PackageAction')),
      feeds: list(ref('PackageAction'), 'Actions with the annotation `feed`'),
    }),
    PackageRow: answered('A package in a list', {
      ...entityFields,
      binding: anyOf('False when it is no binding', ref('PackageBinding'), { type: 'boolean', const: false }),
    }),
    PackageAction: answered('An action in a package', {
      name: text('The name'),
      version,
      annotations: list(ref('KeyValue')),
    }),
    PackagePut: sent('What is to change of a package', {
      ...putFields,
      parameters: putParameters,
      binding: sent('Makes it a binding to a package', binding),
    }),
  },
};
