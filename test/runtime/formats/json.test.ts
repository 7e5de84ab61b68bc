/** Shapes of JSON through a whole run: fields by their paths, objects in sequence, a list inside of an object. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Format } from '../../../core/formats/format.ts';
import { definePipeline, format, sink, z } from '../../../core/vocabulary.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox({ chunkBytes: 40 });
});
afterAll(() => box.close());

const people = (of: Format) =>
  definePipeline({
    name: 'people',
    owner: 'test',
    description: 'People.',
    row: z.object({
      id: z.int(),
      city: z.string().min(1),
      zip: z.string().optional(),
      tags: z.array(z.string()),
    }),
    sources: (source) => [
      source.files({
        prefix: 'x/',
        format: of,
        decode: { city: 'address.city', zip: { from: 'address.zip', trim: true } },
      }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 't', write: 'replace' })],
    sla: { latency: '10 minutes' },
  });

const records = [
  { id: 1, address: { city: 'Köln', zip: ' 50667 ' }, tags: ['a', 'b'] },
  { id: 2, 'address.city': 'Bonn', address: {}, tags: [] },
  { id: 3, address: { city: '' }, tags: [] },
  { id: 4, address: 'Bonn', tags: [] },
  { id: 5, address: { city: 'Trier' }, tags: [] },
];

test.each([
  ['lines', format.jsonl(), records.map((record) => JSON.stringify(record)).join('\n')],
  [
    'objects in sequence',
    format.jsonSequence(),
    records.map((record) => JSON.stringify(record, null, 2)).join('\n'),
  ],
  ['a list', format.json(), JSON.stringify(records, null, 2)],
  [
    'a list in an object',
    format.json({ records: 'result.people' }),
    JSON.stringify({ ok: true, result: { people: records, next: null } }, null, 2),
  ],
])('%s', async (_, of, content) => {
  const run = await box.run(people(of), 'x.json', content, true);
  expect(run.records).toMatchObject({ read: 5, loaded: 3, quarantined: 2 });
  expect(await box.table('t', 'id')).toEqual([
    { id: 1, city: 'Köln', zip: '50667', tags: ['a', 'b'] },
    { id: 2, city: 'Bonn', zip: null, tags: [] },
    { id: 5, city: 'Trier', zip: null, tags: [] },
  ]);
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  expect(rejects.map(({ text }) => JSON.parse(text))).toEqual([records[2], records[3]]);
  expect(rejects.map(({ reasons }) => reasons.map(({ column, code }) => [column, code]))).toEqual([
    [['city', 'too_small']],
    [[null, 'malformed']],
  ]);
});
