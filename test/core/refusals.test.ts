/** Words of a definition that TypeScript refuses, given without it: each is refused by name, and does not run as something else. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { between } from '../../core/checks/between.ts';
import { unique } from '../../core/checks/unique.ts';
import { csv } from '../../core/formats/csv.ts';
import { excel } from '../../core/formats/excel.ts';
import { parquet } from '../../core/formats/parquet.ts';
import { defaultLimits } from '../../core/limits.ts';
import { column } from '../../core/derived.ts';
import { reference as makeReference } from '../../core/reference.ts';
import { ReceivedRows } from '../../core/rows.ts';
import { table } from '../../core/sources/table.ts';
import { dedupe } from '../../core/transforms/dedupe.ts';
import { lookup } from '../../core/transforms/lookup.ts';
import { sqlStep } from '../../core/transforms/sql.ts';
import { sql } from '../../core/sql.ts';
import { judge } from '../../core/zod-call.ts';

const fileReference = { uri: '/a.csv', row: z.object({ a: z.string() }), format: csv() };
const reference = { kind: 'file', uri: '/a.csv', row: z.object({ a: z.string() }), format: csv() };

test.each<[string, () => unknown, RegExp]>([
  ['dedupe by nothing', () => dedupe([], 'first', 0), /needs at least one column in `per`/],
  ['dedupe that keeps none of both', () => dedupe(['a'], 'newest' as never, 0), /keep is "newest"; write "first" or "last"/],
  ['a query that leaves nothing', () => sqlStep({ leaves: {}, query: sql`SELECT 1`, personal: undefined }), /at least one column in `leaves`/],
  ['a check that compares no column', () => unique({ severity: 'warn' } as never), /check\.unique\(\) needs at least one column/],
  ['a check without a bound', () => between({ column: 'a' } as never, {}), /between\(a\) needs a min, a max or both/],
  ['an option that Excel has not', () => excel({ sheets: 'a' } as never), /format\.excel: .*sheets/s],
  ['an option that Parquet has not', () => parquet({ nanosecond: 'cut' } as never), /format\.parquet: .*nanosecond/s],
  ['a reference in a format that is only named', () => makeReference({ ...fileReference, format: 'csv' } as never), /reference: .*use one of format\.\*/s],
  ['a reference without a format', () => makeReference({ ...fileReference, format: null } as never), /use one of format\.\*/],
  ['a reference in a format of no kind', () => makeReference({ ...fileReference, format: {} } as never), /use one of format\.\*/],
  ['a frame that is none', () => new ReceivedRows({ a: z.int() }).over((o) => ({ frame: { before: -1, after: 0 }, columns: { n: column(z.int(), sql`count(${o.a})`) } })), /the frame \{"before":-1,"after":0\} is none/],
  ['a list of what is no value', () => lookup({ made: { of: { column: 'a' }, in: { x: null } } } as never), /all texts, all numbers or all booleans/],
  ['a file as the table of another pipeline', () => table(reference as never), /source\.table takes a pipeline/],
])('%s', (_, make, says) => {
  expect(make).toThrow(expect.objectContaining({ name: 'DefinitionError' }));
  expect(make).toThrow(says);
}); // prettier-ignore

const headerOf = (options: Parameters<typeof csv>[0], text: string) =>
  csv(options).header(Buffer.from(text), true, defaultLimits);

test('a header with a backslash that means nothing is none', () => {
  expect(() => headerOf({ delimiter: ',', escape: 'backslash' }, 'a\\n,b\n1,2\n')).toThrow(
    /backslash before a character that means nothing/,
  );
  expect(headerOf({ delimiter: ',', escape: 'backslash' }, 'a\\\\n,b\n1,2\n')?.fields).toEqual(['a\\n', 'b']);
});

test('an object that has fewer lines than its preamble is none', () => {
  expect(() => headerOf({ delimiter: ',', preamble: 3 }, 'one\ntwo\n')).toThrow(
    /has 2 whole lines in its first 8 bytes; 3 were expected/,
  );
  expect(headerOf({ delimiter: ',', preamble: 2 }, 'one\ntwo\na,b\n')?.fields).toEqual(['a', 'b']);
});

test('a schema that is asynchronous by itself judges nothing', () => {
  expect(judge(z.promise(z.string()), 'x')).toMatchObject({
    ok: false,
    aborted: true,
    findings: [
      { message: 'the check failed: the check is asynchronous and cannot run inside a scan', path: [] },
    ],
  });
});

test('a check that turns out to be asynchronous judges nothing: its record is rejected', () => {
  const later = z.string().refine((text) => (text === 'later' ? (Promise.resolve(true) as never) : true));
  expect(judge(later, 'now')).toEqual({ ok: true, value: 'now' });
  expect(judge(later, 'later')).toMatchObject({
    ok: false,
    findings: [{ code: 'custom', message: expect.stringMatching(/^the check failed: .*Promise/) }],
  });
});
