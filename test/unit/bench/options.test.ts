import { describe, expect, test } from 'bun:test';
import { readOptions, usage } from '../../../bench/options.ts';

const names = ['frame', 'warm'];

describe('the command line of the bench', () => {
  test('without options measures all, on all sandboxes', () => {
    expect(readOptions([], names)).toEqual({
      only: undefined,
      sandbox: 'all',
      quick: false,
      ...{ json: undefined, report: undefined, picture: undefined, cluster: undefined },
      peers: false,
      help: false,
    });
  });

  test('takes a list of names', () => {
    const { only, quick, json } = readOptions(['--only', 'warm, frame', '--quick', '--json', 'out.json'], names);
    expect([[...(only ?? [])], quick, json]).toEqual([['warm', 'frame'], true, 'out.json']);
  });

  test('takes a Kafka with a CouchDB, and neither without the other', () => {
    const couchdb = 'http://u:p@127.0.0.1:5984';
    const { cluster } = readOptions(['--kafka', '127.0.0.1:9092', '--couchdb', couchdb], names);
    expect(cluster).toEqual({ kafka: '127.0.0.1:9092', couchdb });
    expect(() => readOptions(['--kafka', '127.0.0.1:9092'], names)).toThrow('go together');
  });

  test('takes files for a report and a picture, and others to be measured', () => {
    const options = readOptions(['--report', 'r.html', '--picture', 'p.svg', '--peers'], names);
    expect(options).toMatchObject({ report: 'r.html', picture: 'p.svg', peers: true });
  });

  test.each([
    [['--only', 'wram'], "'wram' is none of frame, warm"],
    [['--sandbox', 'vm'], "there is no sandbox 'vm'"],
    [['--fast'], '--fast'],
  ])('refuses %p', (args, sentence) => {
    expect(() => readOptions(args, names)).toThrow(sentence);
  });

  test('tells the names that can be measured', () => {
    expect(usage(names)).toContain('frame, warm');
  });
});
