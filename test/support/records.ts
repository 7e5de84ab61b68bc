/** Settled runs for tests of what is made of them. */

import { runRecordSchema, type RunRecord } from '../../runtime/result.ts';

type Given = Partial<Omit<RunRecord, 'records'>> & { readonly records?: Partial<RunRecord['records']> };

/** A published run of ten records, with what the test says instead. */
export function aRecord(given: Given = {}): RunRecord {
  const { records, ...rest } = given;
  return runRecordSchema.parse({
    pipeline: 'movies',
    run: 'movies-20260102T030405Z-abcdef01',
    definition: 'd'.repeat(64),
    status: 'published',
    records: { read: 10, loaded: 10, quarantined: 0, filtered: 0, deduplicated: 0, held: 0, ...records },
    rows: { inserted: records?.loaded ?? 10, updated: 0, unchanged: 0, deleted: 0 },
    reasons: [],
    objects: [{ uri: '/home/me/data/movies.json', bytes: 1234, sha256: 'a'.repeat(64) }],
    durationMs: 400,
    recordsPerSecond: 25,
    tables: [{ name: 'movies', version: 0, uri: '/home/me/out/lake/movies' }],
    quarantine: null,
    report: '/home/me/out/reports/movies/r.json',
    warnings: [],
    attempt: 1,
    owner: 'e',
    startedAt: '2026-01-02T03:04:05.000Z',
    settledAt: '2026-01-02T03:04:05.400Z',
    references: [],
    checks: [],
    ...rest,
  } satisfies RunRecord);
}

export const aReason = (given: Partial<RunRecord['reasons'][number]> = {}): RunRecord['reasons'][number] => ({
  column: 'title',
  code: 'decode',
  message: 'expected a text, found a number',
  records: 9,
  example: { record: 1090, value: '300' },
  ...given,
});
