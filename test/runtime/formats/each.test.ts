/** Lists inside of objects: each element is a record, with what its object has beside it, and none is lost or made up. */

import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import type { Format } from '../../../core/formats/format.ts';
import { eachLines } from '../../../core/formats/json-each.ts';
import { definePipeline, format, reference, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { SEED } from '../../support/formats.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox({ chunkBytes: 200 });
});
afterAll(() => box.close());

const lines = (of: Format): Pipeline =>
  definePipeline({
    name: 'lines',
    owner: 'test',
    description: 'Lines of orders.',
    row: z.object({ order: z.int(), city: z.string(), sku: z.string().min(2), pieces: z.int().optional() }),
    sources: (source) => [
      source.files({
        prefix: 'x/',
        format: of,
        decode: { city: 'to.city', sku: 'lines.sku', pieces: 'lines.pieces' },
      }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'lines', write: 'replace', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const orders = [
  { order: 1, to: { city: 'Köln' }, lines: [{ sku: 'a1', pieces: 2 }, { sku: 'a2' }] },
  { order: 2, to: { city: 'Bonn' }, lines: [] },
  { order: 3, to: { city: 'Bonn "x"\n' }, lines: [{ sku: 'b1' }, { sku: 'b' }, null, 7] },
  { order: 4, to: { city: 'Trier' } },
  { order: 5, to: { city: 'Trier' }, lines: null },
  { order: 6, to: { city: 'Trier' }, lines: { sku: 'c1' } },
];
const rows = [
  { order: 1, city: 'Köln', sku: 'a1', pieces: 2, _record: 1 },
  { order: 1, city: 'Köln', sku: 'a2', pieces: null, _record: 2 },
  { order: 3, city: 'Bonn "x"\n', sku: 'b1', pieces: null, _record: 3 },
  { order: 6, city: 'Trier', sku: 'c1', pieces: null, _record: 7 },
];
const text = orders.map((order) => JSON.stringify(order)).join('\r\n');
const pretty = JSON.stringify(orders, null, 2);

test.each<[string, Format, string | Uint8Array]>([
  ['lines', format.jsonl({ each: 'lines' }), text],
  ['lines with a byte order mark, in gzip', format.jsonl({ each: 'lines' }), gzipSync(`\ufeff${text}`)],
  ['a pretty list', format.json({ each: 'lines' }), pretty],
  [
    'a list in an object',
    format.json({ records: 'all.orders', each: 'lines' }),
    `{"all": {"orders": ${pretty}}, "more": [1]}`,
  ],
])('of %s', async (_what, of, content) => {
  const run = await box.run(lines(of), 'x.json', content, true);
  expect(run).toMatchObject({
    status: 'published-with-rejects',
    records: { read: 7, loaded: 4, quarantined: 3 },
    warnings: [
      '3 objects have nothing in lines, and no record.',
      '1 object has no list in lines; what stands there counts as its one element.',
    ],
  });
  expect(await box.table('lines', '_record')).toEqual(rows);
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  expect(rejects.map(({ text, reasons }) => [JSON.parse(text), reasons[0]!.code])).toEqual([
    [{ ...orders[2], lines: { sku: 'b' } }, 'too_small'],
    [{ ...orders[2], lines: null }, 'invalid_type'],
    [{ ...orders[2], lines: 7 }, 'malformed'],
  ]);
});

test('an object that is no JSON is one record, and its neighbours are as they are', async () => {
  const broken = ['{"order": 9, "lines": [{"sku": "x1"}, ]}', '[1]', text.split('\r\n')[0]].join('\n');
  const run = await box.run(lines(format.jsonl({ each: 'lines' })), 'broken.json', broken, true);
  expect(run.records).toMatchObject({ read: 4, loaded: 2, quarantined: 2 });
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  expect(rejects.map(({ text }) => text)).toEqual(broken.split('\n').slice(0, 2));
});

test.each([
  ['cut off', format.json({ each: 'lines' }), pretty.slice(0, -10), 'object.truncated'],
  ['of another kind', format.json({ each: 'lines' }), text, 'object.format'],
  ['a list, and not lines', format.jsonl({ each: 'lines' }), pretty, 'object.format'],
])('an object that is %s is rejected as without `each`', async (_what, of, content, code) => {
  const { error, status } = await box.run(lines(of), `${code}.json`, content, true);
  expect(status).toBe('rejected');
  expect(error!.message).toMatch(new RegExp(`^${code}`));
});

test('what is beside a list comes with each of its elements, up to a limit', async () => {
  const small = await openSandbox({ ratio: 10, ratioFloor: 10_000 });
  const wide = {
    order: 1,
    to: { city: 'x'.repeat(5000) },
    lines: Array.from({ length: 100 }, () => ({ sku: 'aa' })),
  };
  const { error } = await small.run(
    lines(format.jsonl({ each: 'lines' })),
    'wide.json',
    JSON.stringify(wide),
  );
  expect(error!.message).toMatch(/^object\.too_large/);
  await small.close();
});

test('rows that are joined with may be elements too', async () => {
  await box.run(lines(format.jsonl({ each: 'lines' })), 'ref.json', text, true);
  const skus = reference({
    uri: `${box.folder}/in/ref.json`,
    format: format.jsonl({ each: 'lines' }),
    row: z.object({ sku: z.string(), order: z.int() }),
    decode: { sku: 'lines.sku' },
  });
  const joined = definePipeline({
    name: 'joined',
    owner: 'test',
    description: 'Joined.',
    row: z.object({ sku: z.string() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    transform: (received) => received.join(skus, (o) => ({ on: { sku: o.sku }, take: { order: 'order' } })),
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'joined', write: 'append' })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;
  const failed = await box.run(joined, 'skus.csv', 'sku\na1\n');
  expect(failed.error!.message).toContain('record 5 does not pass its row');
});

describe('options', () => {
  test.each([{ each: '' }, { each: 'a..b' }, { each: 1 }, { every: 'a' }])('%j is refused', (options) => {
    for (const word of [format.json, format.jsonl])
      expect(() => word(options as never)).toThrow(DefinitionError);
  });
});

test('whatever stands in the objects: as many lines as elements, each the object with the element in its list’s place', () => {
  const element = fc.jsonValue({ maxDepth: 2 });
  const object = fc.record({
    id: fc.integer(),
    'a.b': fc.option(fc.array(element, { maxLength: 4 }), { nil: undefined }),
    a: fc.option(fc.record({ b: fc.oneof(fc.array(element, { maxLength: 4 }), element), c: element }), {
      nil: undefined,
    }),
    text: fc.string({ unit: 'binary' }),
  });
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(
      fc.array(object, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(undefined, 1),
      (objects, space) => {
        const given = objects.map((one) => JSON.stringify(one, null, space));
        const bytes = encoder.encode(`[${given.join(',\n')}]`);
        const outer = format.json();
        const chunk = bytes.subarray(1);
        const counts = { elements: 0, without: 0, single: 0 };
        const made = [...eachLines(chunk, outer.index(chunk), { each: 'a.b', depth: 100 }, counts)].map(
          (line) => {
            const shown = new TextDecoder().decode(line);
            expect(shown.indexOf('\n')).toBe(shown.length - 1);
            return JSON.parse(shown) as unknown;
          },
        );
        const wanted = given
          .map((shown) => JSON.parse(shown) as Record<string, unknown> & { a?: { b?: unknown } })
          .flatMap((one) => {
            const isWhole = 'a.b' in one;
            const found = isWhole ? one['a.b'] : one.a?.b;
            if (found === undefined || found === null) return [];
            const elements = Array.isArray(found) ? found : [found];
            return elements.map((b: unknown) =>
              isWhole ? { ...one, 'a.b': b } : { ...one, a: { ...one.a, b } },
            );
          });
        expect(made).toEqual(wanted);
        expect(counts.elements).toBe(wanted.length);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
