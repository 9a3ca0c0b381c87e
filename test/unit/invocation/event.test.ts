import { describe, expect, test } from 'bun:test';
import { eventOf } from '../../../src/invocation/event.ts';
import type { Json, JsonObject } from '../../../src/model/json.ts';

const event = (text: string, headers: Record<string, string> = {}, parameters: Record<string, Json> = {}) => {
  const listed = Object.entries(parameters).map(([key, value]) => ({ key, value }));
  return eventOf(listed, headers, { keys: Object.keys(JSON.parse(text) as JsonObject), text });
};

describe('what the actions of rules are called with (TRG-01)', () => {
  test('is the payload over the headers over the parameters of the trigger', () => {
    const { text, keys } = event('{"x":2}', { host: 'here' }, { x: 1, y: 1, __ow_headers: 'lost' });
    expect(JSON.parse(text)).toEqual({ x: 2, y: 1, __ow_headers: { host: 'here' } });
    expect(new Set(keys)).toEqual(new Set(['x', 'y', '__ow_headers']));
  });

  test('is what the caller says, where he gives headers himself', () => {
    expect(event('{"__ow_headers":{"mine":1}}', { host: 'here' }).text).toBe('{"__ow_headers":{"mine":1}}');
  });

  test('has no credentials of the caller, and nothing that describes the body', () => {
    const headers = {
      authorization: 'Basic secret',
      'proxy-authorization': 'Basic secret',
      cookie: 'session=secret',
      'content-type': 'application/json',
      'content-length': '2',
      'transfer-encoding': 'chunked',
      accept: '*/*',
      'x-request-id': '7',
    };
    expect(JSON.parse(event('{}', headers).text)).toEqual({ __ow_headers: { accept: '*/*', 'x-request-id': '7' } });
  });

  test('keeps the digits of numbers, and a payload of blanks', () => {
    expect(event('  {"n":12345678901234567890}', {}, { p: 1 }).text).toBe(
      '{"p":1,"__ow_headers":{},"n":12345678901234567890}',
    );
    expect(event(' { } ', {}, { p: 1 }).text).toBe('{"p":1,"__ow_headers":{}}');
  });
});
