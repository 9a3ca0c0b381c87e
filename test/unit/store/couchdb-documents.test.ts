import { describe, expect, test } from 'bun:test';
import { Unreadable } from '../../../src/model/refusal.ts';
import { fromCodeFields, isBinaryCode, toCodeFields } from '../../../src/store/couchdb/code.ts';
import {
  type ActivationDocument,
  type EntityDocument,
  fromActivationDocument,
  fromActivationRow,
  fromEntityDocument,
  isSubjectDocument,
  toActivationText,
  toEntityDocument,
} from '../../../src/store/couchdb/documents.ts';
import * as openwhisk from '../../fixture/openwhisk/documents.ts';
import { anAction, anActivation, aRule } from '../../util/documents.ts';

const REV = { _rev: `1-${'0'.repeat(32)}` };
const read = (document: object) => fromEntityDocument({ ...document, ...REV } as EntityDocument);
const named = (id: string) => read(openwhisk.whisks.find(({ _id }) => _id === id) as object);

describe("OpenWhisk's documents of entities", () => {
  test('are read with every field that the model has, and without code', () => {
    expect(read(openwhisk.inlined)).toEqual({
      entityType: 'action',
      namespace: 'carol',
      name: 'small',
      version: '0.0.3',
      publish: false,
      annotations: [
        { key: 'provide-api-key', value: false },
        { key: 'exec', value: 'nodejs:20' },
      ],
      updated: 1_700_000_000_000,
      exec: { kind: 'nodejs:20', binary: false },
      parameters: [{ key: 'name', value: 'from the action' }],
      limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    });
    expect(named('carol/chain')).toMatchObject({
      exec: { kind: 'sequence', components: ['/carol/small', '/carol/small'] },
    });
    expect(named('carol/tools')).toMatchObject({ entityType: 'package', publish: true, binding: {} });
    expect(named('carol/bound')).toMatchObject({ binding: { namespace: 'carol', name: 'tools' } });
    expect(named('carol/every')).toMatchObject({ entityType: 'rule', trigger: { path: 'carol', name: 'tick' } });
    expect(named('carol/tick')).toMatchObject({
      rules: { 'carol/every': { action: { path: 'carol', name: 'small' }, status: 'active' } },
    });
  });

  test('that lack what cannot be filled in are refused by name', () => {
    const whole = openwhisk.inlined;
    const broken = [
      { ...whole, exec: null },
      { ...whole, exec: { code: 'x' } },
      { ...whole, exec: { ...whole.exec, kind: 5 } },
      { ...whole, parameters: 'x' },
      { ...whole, version: undefined },
    ];
    for (const document of broken) {
      expect(() => read(document)).toThrow(Unreadable);
      expect(() => read(document)).toThrow(`'${whole._id}' is no entity of OpenWhisk`);
    }
  });

  test('of years ago get what they lack as OpenWhisk fills it in', () => {
    expect(read(openwhisk.ancient)).toMatchObject({
      entityType: 'action',
      updated: 0,
      exec: { kind: 'nodejs:20', binary: false },
      limits: { timeout: 30_000, memory: 128, logs: 10, concurrency: 1 },
    });
    const rule = { _id: 'n/r', namespace: 'n', name: 'r', version: '0.0.1', trigger: 't', action: 'a' };
    expect(read(rule)).toMatchObject({ trigger: { path: 'n', name: 't' }, action: { path: 'n', name: 'a' } });
    const sequence = { kind: 'sequence', components: [{ path: 'n/p', name: 'a' }, 'n/b'] };
    expect(read({ ...openwhisk.ancient, exec: sequence })).toMatchObject({ exec: { components: ['/n/p/a', '/n/b'] } });
    const jar = {
      kind: 'java:8',
      jar: { attachmentName: 'jarfile', attachmentType: 'application/java-archive' },
      main: 'M',
    };
    expect(read({ ...openwhisk.ancient, exec: { ...jar, binary: true } })).toMatchObject({
      exec: { kind: 'java:8', binary: true, main: 'M' },
    });
    expect(() => read({ _id: 'x', namespace: 'n', name: 'x', version: '0.0.1' })).toThrow("'x' is no entity");
  });

  test('are written with the id and the type that OpenWhisk looks for', () => {
    const action = anAction({ namespace: 'guest/tools', exec: { kind: 'blackbox', image: 'me/i', binary: false } });
    expect(toEntityDocument(action)).toEqual({ _id: 'guest/tools/hello', ...action });
    const rule = aRule();
    expect(toEntityDocument(rule)).toMatchObject({
      _id: 'guest/every',
      entityType: 'rule',
      trigger: { path: 'guest', name: 'tick' },
    });
  });
});

describe("OpenWhisk's places of code (ENT-15, DB-05)", () => {
  const large = `// ${'ü'.repeat(9000)}`;

  test('are the document for fewer than 16 KB, else an attachment of the bytes', () => {
    const small = toCodeFields('function main() {}', false);
    expect(small).toEqual({
      code: {
        attachmentName: 'mem:ZnVuY3Rpb24gbWFpbigpIHt9',
        attachmentType: 'text/plain; charset=UTF-8',
        length: 18,
        digest: 'sha256-a53337ff3f676986cd38211d5de27f0ecf6648012c07f9faa4cca80fb58561dc',
      },
    });
    const { code, attachments } = toCodeFields(large, false);
    const { attachmentName } = code as { attachmentName: string };
    expect(attachmentName).toMatch(/^couch:[0-9a-f]{8}-/);
    expect(attachments?.[attachmentName.slice(6)]).toEqual({
      content_type: 'text/plain; charset=UTF-8',
      data: Buffer.from(large).toString('base64'),
    });
  });

  test.each([
    ['small text', 'ü + ÿ', false],
    ['large text', large, false],
    ['a small archive', Buffer.from([0xfb, 0xff, 0xfe, 1]).toString('base64'), true],
    ['a large archive', Buffer.alloc(20_000, 0xfb).toString('base64'), true],
  ])('give back %s as it was put', (_name, code, binary) => {
    expect(fromCodeFields(toCodeFields(code, binary), binary)).toBe(code);
  });

  test('are read as OpenWhisk has written them in all its years', () => {
    const plain = (code: string, attachments = {}) =>
      fromCodeFields({ code: { attachmentName: code, attachmentType: '' }, attachments }, false);
    const { exec } = openwhisk.inlined;
    expect(fromCodeFields({ code: exec.code }, false)).toBe(openwhisk.SMALL_CODE);
    const { exec: outside, _attachments: attachments } = openwhisk.attached;
    expect(fromCodeFields({ code: outside.code, attachments }, false)).toBe(openwhisk.LARGE_CODE);
    expect(plain('codefile', { codefile: { data: btoa('old') } })).toBe('old');
    expect(fromCodeFields({ code: 'as text' }, false)).toBe('as text');
    expect([fromCodeFields({}, false), fromCodeFields({ code: '' }, false), plain('couch:gone')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(() => plain('s3:bucket/x')).toThrow("'s3:'");
  });

  test('hold an archive when the text reads as base64', () => {
    expect(['UEsDBAo=', 'AAAA', 'function main() {}', 'abc', ''].map(isBinaryCode)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("OpenWhisk's documents of records", () => {
  test('are read whole, the result as JSON text', () => {
    const { publish: _publish, updated: _updated, entityType: _type, _id, response, ...rest } = openwhisk.record;
    expect(fromActivationDocument({ ...openwhisk.record, ...REV } as ActivationDocument)).toEqual({
      ...rest,
      response: { status: 'application error', result: '{"error":"no"}', size: response.size },
    });
    const bare = { _id, ...REV, activationId: 'b', namespace: 'n', name: 'x', subject: 's', start: 1 };
    expect(fromActivationDocument(bare)).toMatchObject({
      end: 0,
      logs: [],
      annotations: [],
      response: { status: 'success' },
    });
  });

  test('are written with the fields that OpenWhisk has, the result as it is', () => {
    const activation = anActivation({
      cause: 'c'.repeat(32),
      response: { status: 'success', result: '{"n":2.50}', size: 10 },
    });
    const text = toActivationText(activation);
    expect(text).toContain('"result":{"n":2.50}');
    const { response: _response, ...rest } = activation;
    expect(JSON.parse(text)).toEqual({
      ...rest,
      _id: `guest/${activation.activationId}`,
      entityType: 'activation',
      publish: false,
      updated: activation.end,
      response: { statusCode: 0, result: { n: 2.5 }, size: 10 },
    });
  });

  test('are summarized by the views, which know no subject', () => {
    const row = { activationId: 'a', namespace: 'n', name: 'x', version: '0.0.1', start: 5, annotations: [] };
    expect(fromActivationRow({ ...row, end: 7, duration: 2, statusCode: 3 })).toEqual({
      ...row,
      end: 7,
      duration: 2,
      statusCode: 3,
    });
    expect(fromActivationRow(row)).toEqual({ ...row, end: 0, statusCode: 0 });
  });
});

test('subjects are told from limits and design documents', () => {
  expect(openwhisk.subjects.map(isSubjectDocument)).toEqual([true, true, false]);
  expect(isSubjectDocument({ _id: '_design/x', views: {} })).toBe(false);
});
