/** The hash of a definition: the same for the same, another one for whatever changes what a run does. */

import { describe, expect, test } from 'vitest';
import { PlanMismatchError } from '../../core/errors.ts';
import type { ReceivedRows } from '../../core/rows.ts';
import { format, sink, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { definitionHash, samePlan } from '../../runtime/definition.ts';
import { pipelineOf } from '../support/pipeline.ts';

const make = (change: Record<string, unknown> = {}): Pipeline =>
  pipelineOf({
    name: 'x',
    row: z.object({ id: z.int().min(1), name: z.string().refine((v) => v !== 'a') }),
    atMost: 0,
    more: change,
  });

test('equal definitions have equal hashes, however often they are made', () => {
  expect(definitionHash(make())).toBe(definitionHash(make()));
  expect(definitionHash(make())).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['a bound', { row: z.object({ id: z.int().min(2), name: z.string().refine((v) => v !== 'a') }) }],
  ['a refinement', { row: z.object({ id: z.int().min(1), name: z.string().refine((v) => v !== 'b') }) }],
  ['a regular expression', { row: z.object({ id: z.int().min(1), name: z.string().regex(/a/) }) }],
  [
    'the mark of a personal column',
    { row: z.object({ id: z.int().min(1).meta({ pii: true }), name: z.string().refine((v) => v !== 'a') }) },
  ],
  ['the gate', { gate: { rejected: { atMost: 0.1 } } }],
  ['a step', { transform: (rows: { where(f: () => unknown): unknown }) => rows.where(() => sql`id > 1`) }],
  [
    'a decode rule',
    {
      sources: (s: never) => [
        (s as { files(o: object): unknown }).files({
          prefix: 'x/',
          format: format.csv(),
          decode: { id: 'ID' },
        }),
      ],
    },
  ],
  [
    'an option of the format',
    {
      sources: (s: never) => [
        (s as { files(o: object): unknown }).files({ prefix: 'x/', format: format.csv({ delimiter: ';' }) }),
      ],
    },
  ],
  ['how the table is written', { sinks: () => [sink.lake({ table: 'x', write: 'replace' })] }],
])('%s changes it', (_, change) => {
  expect(definitionHash(make(change))).not.toBe(definitionHash(make()));
});

test('another regular expression changes it', () => {
  const of = (name: RegExp) =>
    definitionHash(make({ row: z.object({ id: z.int(), name: z.string().regex(name) }) }));
  expect(of(/a/)).toBe(of(/a/));
  expect(of(/b/)).not.toBe(of(/a/));
});

describe('of a step', () => {
  const steps = (transform: (rows: ReceivedRows<{ id: z.ZodInt; name: z.ZodString }>) => unknown) =>
    definitionHash(make({ transform }));
  const labelled = (work: (row: { id: number }) => { label: string }) =>
    steps((rows) => rows.map((o) => ({ reads: [o.id], adds: { label: z.string() } }), work));

  test('a function counts by its source', () => {
    expect(labelled(({ id }) => ({ label: `a${id}` }))).toBe(labelled(({ id }) => ({ label: `a${id}` })));
    expect(labelled(({ id }) => ({ label: `a${id}` }))).not.toBe(labelled(({ id }) => ({ label: `b${id}` })));
  });

  test('every option counts', () => {
    const hashes = [
      steps((rows) => rows.dedupe((o) => ({ per: [o.id], keep: 'first' }))),
      steps((rows) => rows.dedupe((o) => ({ per: [o.id], keep: 'last' }))),
      steps((rows) => rows.latest((o) => ({ per: [o.id] }))),
      steps((rows) => rows.clean({ name: { trim: true } })),
      steps((rows) => rows.clean({ name: { case: 'lower' } })),
      steps((rows) => rows.mask({ name: { by: 'hmac', secret: 'A' } })),
      steps((rows) => rows.mask({ name: { by: 'hmac', secret: 'B' } })),
      steps((rows) => rows.lookup((o) => ({ x: { of: o.name, in: { a: 1 } } }))),
      steps((rows) => rows.lookup((o) => ({ x: { of: o.name, in: { a: 2 } } }))),
      steps((rows) => rows.rename({ name: 'a' })),
      steps((rows) => rows.rename({ name: 'b' })),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('of what a definition holds', () => {
  const holding = (held: unknown): string => definitionHash({ ...make(), held } as never);

  test('a map and a set count by what is in them', () => {
    const hashes = [
      holding(new Map()),
      holding(new Map([['a', 1]])),
      holding(new Map([['a', 2]])),
      holding(new Set()),
      holding(new Set(['a'])),
      holding(new Set(['b'])),
    ];
    // Without a thing in them they are as an empty list.
    expect(new Set(hashes).size).toBe(hashes.length - 1);
    expect(holding(new Set(['b', 'a']))).toBe(holding(new Set(['a', 'b'])));
  });

  test('what leads back to itself counts once', () => {
    const loop: { name: string; next?: unknown } = { name: 'a' };
    loop.next = [loop];
    const other: typeof loop = { name: 'b' };
    other.next = [other];
    expect(holding(loop)).toMatch(/^[0-9a-f]{16}$/);
    expect(holding(loop)).not.toBe(holding(other));
  });
});

test('work that another definition planned is refused', () => {
  expect(() => samePlan(make(), definitionHash(make()))).not.toThrow();
  expect(() => samePlan(make(), 'another')).toThrow(PlanMismatchError);
});
