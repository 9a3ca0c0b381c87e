import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBench } from '../../../src/cli/bench-options.ts';
import { addressOf, parseWskProperties } from '../../../src/cli/wskprops.ts';

const wsk = { apihost: 'wsk.example', auth: 'u:k' };
const parse = (...args: string[]) => parseBench(args, wsk, '/home/me');

describe('a command line of whisklet bench', () => {
  test('without options measures warm calls of the host that wsk knows', async () => {
    expect(await parse()).toEqual({
      options: {
        ...{ address: 'https://wsk.example', auth: 'u:k', insecure: false, mode: 'warm', concurrency: 1, actions: 100 },
        ...{ rate: undefined, durationMs: 10_000, payload: '{"name":"Whisklet"}', timeoutMs: 70_000 },
        ...{ kind: 'nodejs:default', code: 'function main(args) { return args; }' },
      },
      report: undefined,
      json: false,
    });
  });

  test('says all of it', async () => {
    const args = '--apihost http://h:1 -u a:b -i --mode mix -c 7 -r 20 -d 2s --payload {"b":2} --kind python:3';
    const { options, report, json } = await parse(
      ...`${args} --actions 5 --timeout 3s --report ~/r.html --json`.split(' '),
    );
    expect(options).toMatchObject({
      ...{ address: 'http://h:1', auth: 'a:b', insecure: true, mode: 'mix', concurrency: 7, rate: 20 },
      ...{ durationMs: 2_000, payload: '{"b":2}', kind: 'python:3', actions: 5, timeoutMs: 3_000 },
    });
    expect(options.code).toStartWith('def main(args):');
    expect([report, json]).toEqual(['/home/me/r.html', true]);
  });

  test('has more connections for a rate and for bursts, unless it says how many', async () => {
    const connections = async (...args: string[]) => (await parse(...args)).options.concurrency;
    expect(await connections('--rate', '5')).toBe(64);
    expect(await connections('--mode', 'burst')).toBe(50);
    expect(await connections('--mode', 'burst', '-c', '3')).toBe(3);
  });

  test('may give a payload by its size, or in a file', async () => {
    const payload = async (given: string) => (await parse('--payload', given)).options.payload;
    expect(await payload('1 KB')).toHaveLength(1024);
    expect(JSON.parse(await payload('1KB'))).toEqual({ text: expect.stringMatching(/^x+$/) });
    const folder = mkdtempSync(join(tmpdir(), 'whisklet-test-'));
    writeFileSync(join(folder, 'p.json'), ' { "c": [3] }\n');
    expect(await payload(`@${folder}/p.json`)).toBe('{"c":[3]}');
    rmSync(folder, { recursive: true });
  });

  test('that makes no sense is refused, with what is wrong', async () => {
    const refused = async (wanted: string, ...args: string[]) => expect(parse(...args)).rejects.toThrow(wanted);
    await refused("--mode: 'hot' is not one of", '--mode', 'hot');
    await refused('20000 first calls need as many actions', '--mode', 'cold', '--rate', '1000', '--duration', '20s');
    await refused('a burst has none', '--mode', 'burst', '--rate', '5');
    await refused("--payload: '[1]' is no JSON object", '--payload', '[1]');
    await refused('--payload: ENOENT', '--payload', '@/no/such/file');
    await refused("no action of 'go:1' is known", '--kind', 'go:1');
    await refused('unexpected', 'fast');
    await refused('unknown option', '--concurency', '5');
    await expect(parseBench([], { auth: 'u:k' }, '/')).rejects.toThrow('no host');
    await expect(parseBench([], { apihost: 'h' }, '/')).rejects.toThrow('no key');
  });
});

test("wsk's properties are read as wsk writes them", () => {
  expect(parseWskProperties('APIHOST=http://h:3233\nAUTH = u:k=\nNAMESPACE=_\n')).toEqual({
    apihost: 'http://h:3233',
    auth: 'u:k=',
  });
  expect(parseWskProperties('AUTH=\n# APIHOST=x\n')).toEqual({});
});

test('a host without a scheme is asked over https, as wsk does', () => {
  expect(['h', 'h:444', 'http://h:80/', 'https://[::1]:5', 'ht tp'].map(addressOf)).toEqual([
    'https://h',
    'https://h:444',
    'http://h',
    'https://[::1]:5',
    undefined,
  ]);
});
