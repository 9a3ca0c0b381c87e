import { describe, expect, test } from 'bun:test';
import runtimes from '../../../runtimes/manifest.json' with { type: 'json' };
import { parseManifest } from '../../../src/model/manifest.ts';

const manifest = (runtimes: unknown) => parseManifest(JSON.stringify({ runtimes }));

test('our own manifest has the kinds that are promised, with one default a family (RT-01)', () => {
  const own = parseManifest(JSON.stringify(runtimes));
  for (const kind of ['nodejs:20', 'nodejs:22', 'nodejs:default', 'python:3', 'python:default']) {
    expect([kind, own.resolve(kind)?.protocol]).toEqual([kind, 'stdio']);
  }
  for (const group of new Set(own.kinds.map((kind) => kind.group))) {
    expect(own.kinds.filter((kind) => kind.group === group && kind.isDefault).length).toBe(1);
  }
});

describe('OpenWhisk’s format (RT-02, STD-03)', () => {
  test('an entry of OpenWhisk’s own is an image that speaks HTTP', () => {
    const own = manifest({
      ruby: [
        {
          kind: 'ruby:2.5',
          default: true,
          deprecated: false,
          image: { prefix: 'openwhisk', name: 'action-ruby-v2.5', tag: 'nightly' },
          attached: { attachmentName: 'codefile', attachmentType: 'text/plain' },
          stemCells: [{ count: 2, memory: '256 MB' }],
        },
      ],
    });
    expect(own.resolve('ruby:default')).toEqual({
      group: 'ruby',
      kind: 'ruby:2.5',
      protocol: 'http',
      image: 'openwhisk/action-ruby-v2.5:nightly',
      shownImage: 'openwhisk/action-ruby-v2.5:nightly',
      isDefault: true,
      deprecated: false,
      requireMain: false,
      attached: true,
      stemCells: [{ count: 2, memory: 256 }],
    });
    expect(own.names).toEqual(['ruby:2.5', 'blackbox', 'sequence']);
  });

  test.each([
    ['256 MB', 256],
    ['256m', 256],
    ['1 GB', 1024],
    [128, 128],
  ])('reads a memory of %p', (memory, megabytes) => {
    const own = manifest({ a: [{ kind: 'a:1', image: 'i', stemCells: [{ initialCount: 1, memory }] }] });
    expect(own.kinds[0]?.stemCells).toEqual([{ count: 1, memory: megabytes }]);
  });

  test.each<[unknown, string]>([
    [[], "the manifest has no object 'runtimes'"],
    [{ a: {} }, 'runtimes.a is not a list'],
    [{ a: ['x'] }, 'runtimes.a[0] is not an object'],
    [{ a: [{ kind: '' }] }, "runtimes.a[0].kind must be a text such as 'a:1'"],
    [
      {
        a: [
          { kind: 'a:1', image: 'i', default: true },
          { kind: 'a:2', image: 'i', default: true },
        ],
      },
      'runtimes.a has more than one default',
    ],
    [
      {
        a: [
          { kind: 'a:1', image: 'i' },
          { kind: 'a:2', image: 'i' },
        ],
      },
      'runtimes.a has several kinds and no default',
    ],
    [{ a: [{ kind: 'a:1' }] }, 'runtimes.a[0].image has no name'],
    [
      { a: [{ kind: 'a:1', image: 'i', stemCells: [{ count: -1 }] }] },
      'runtimes.a[0].stemCells[0].initialCount must be a whole number',
    ],
    [
      { a: [{ kind: 'a:1', image: 'i', stemCells: [{ count: 1, memory: 'much' }] }] },
      "runtimes.a[0].stemCells[0].memory must be a size such as '256 MB'",
    ],
    [
      { a: [{ kind: 'a:1', image: 'i', whisklet: { protocol: 'telepathy' } }] },
      "runtimes.a[0].whisklet.protocol must be 'stdio'",
    ],
    [
      {
        a: [
          { kind: 'a:1', image: 'i', default: true },
          { kind: 'a:1', image: 'i' },
        ],
      },
      "kind 'a:1' stands twice in the manifest",
    ],
  ])('names the place of a mistake: %j', (runtimes, sentence) => {
    expect(() => manifest(runtimes)).toThrow(sentence);
  });

  test('a kind that is alone in its family is its default, and may do without a version', () => {
    const own = manifest({ pythonf: [{ kind: 'python', image: 'i' }] });
    expect([own.resolve('python')?.kind, own.resolve('pythonf:default')?.kind]).toEqual(['python', 'python']);
  });

  test('refuses what is not JSON', () => {
    expect(() => parseManifest('{')).toThrow('the manifest is not JSON');
  });
});

test('a family that loses its default gives it to its last kind that is not deprecated', () => {
  const own = manifest({
    a: [
      { kind: 'a:1', default: true, image: 'i' },
      { kind: 'a:2', image: 'i' },
      { kind: 'a:3', image: 'i' },
      { kind: 'a:4', image: 'i', deprecated: true },
    ],
  });
  expect(own.filter(({ kind }) => kind !== 'a:1').resolve('a:default')?.kind).toBe('a:3');
  expect(own.filter(({ deprecated }) => deprecated).resolve('a:default')?.kind).toBe('a:4');
});

test('the operator’s count of stem cells (RT-03) takes the place of the manifest’s, where it has any', () => {
  const own = manifest({
    a: [
      { kind: 'a:1', default: true, image: 'i', stemCells: [{ count: 1, memory: 256 }] },
      { kind: 'a:2', image: 'i' },
    ],
  });
  expect(own.withStemCells(5).kinds.map(({ stemCells }) => stemCells)).toEqual([[{ count: 5, memory: 256 }], []]);
});
