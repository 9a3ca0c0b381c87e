import { describe, expect, test } from 'bun:test';
import { basicAuth, takeApart } from '../../../src/model/address.ts';

describe('an address with a user and a password', () => {
  test('is taken apart, so that neither is shown', () => {
    expect(takeApart('https://edge:p%40ss@db.example.com:6984/below')).toEqual({
      ...{ bare: 'https://db.example.com:6984/below', user: 'edge', password: 'p@ss' },
    });
  });

  test('may have signs in them that were not encoded', () => {
    expect(takeApart('http://edge:100%@db')).toMatchObject({ bare: 'http://db/', password: '100%' });
  });

  test('makes the header that a server asks for', () => {
    expect(basicAuth({ user: 'edge', password: 'pässword' })).toEqual({
      Authorization: `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode('edge:pässword')))}`,
    });
  });
});

test('an address without them is as it was, and makes no header', () => {
  const { bare, ...own } = takeApart('http://127.0.0.1:4318/v1/traces');
  expect(bare).toBe('http://127.0.0.1:4318/v1/traces');
  expect(basicAuth(own)).toEqual({});
});
