/** A run as a person reads it: one example for each ending, and data that would attack the terminal. */

import * as fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderSummary } from '../../bin/render-summary.ts';
import { renderRun } from '../../bin/render.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { aReason, aRecord } from '../support/records.ts';

const cwd = '/home/me';
const rendered = (record: RunRecord): string[] => renderRun(record, { cwd }).split('\n').slice(0, -1);

describe('each ending', () => {
  test('published with rejects', () => {
    const record = aRecord({
      status: 'published-with-rejects',
      records: { read: 3201, loaded: 2988, quarantined: 213 },
      reasons: [
        aReason(),
        aReason({
          column: null,
          code: 'malformed',
          message: 'no',
          records: 1204,
          example: { record: 7, value: null },
        }),
      ],
      quarantine: '/home/me/out/quarantine/records',
    });
    expect(rendered(record)).toEqual([
      'movies  PUBLISHED WITH REJECTS   3,201 read = 2,988 loaded + 213 quarantined + 0 filtered + 0 deduplicated ✓   0.4 s',
      '  title    expected a text, found a number   9 records       e.g. 300 (record 1,090)',
      '  record   no                                1,204 records   e.g. record 7',
      '  table  out/lake/movies (version 0)   rejects  out/quarantine/records   report  out/reports/movies/r.json',
    ]);
  });

  test('held: what held it, and that the table is as it was', () => {
    const record = aRecord({
      status: 'held',
      records: { loaded: 0, quarantined: 4, held: 6 },
      tables: [],
      error: {
        name: 'HeldByQualityGateError',
        message: '40 % of the records were rejected, at most 5 % may be',
      },
    });
    expect(rendered(record)).toEqual([
      'movies  HELD   10 read = 0 loaded + 4 quarantined + 0 filtered + 0 deduplicated + 6 held ✓   0.4 s',
      '  held  40 % of the records were rejected, at most 5 % may be',
      '        The table is as it was: nothing of this run is visible.',
      '  report  out/reports/movies/r.json',
    ]);
  });

  test('rejected: why, and where the object is', () => {
    const record = aRecord({
      status: 'rejected',
      records: { read: null, loaded: 0 },
      tables: [],
      quarantine: '/home/me/out/quarantine/objects/movies/r/movies.json',
      error: { name: 'ObjectRejectedError', message: 'object.truncated: the gzip stream ends early' },
    });
    expect(rendered(record)).toEqual([
      'movies  REJECTED   no record of it was loaded   0.4 s',
      '  why  object.truncated: the gzip stream ends early',
      '       The object is in quarantine, whole; the table is as it was.',
      '  object  out/quarantine/objects/movies/r/movies.json   report  out/reports/movies/r.json',
    ]);
  });

  test('failed: the error, and what to do', () => {
    const record = aRecord({
      status: 'failed',
      records: { read: null, loaded: 0 },
      tables: [],
      error: { name: 'TransientError', message: 'the disk is full' },
    });
    expect(rendered(record)).toEqual([
      'movies  FAILED   nothing loaded   0.4 s',
      '  why   TransientError: the disk is full',
      '  next  Nothing became visible and the file is as it was. Run the same command once more.',
      '  report  out/reports/movies/r.json',
    ]);
  });

  test.each([
    ['DefinitionError', 'Mend the definition as it says, then run the same command.'],
    ['LimitExceededError', 'Raise the limit or split the file, then run the same command.'],
    ['TransientError', 'Run the same command once more.'],
    ['CommitConflictError', 'Run the same command once more.'],
    ['ObjectChangedError', 'Run the same command once more.'],
    ['TypeError', 'Mend the cause, then run the same command; the report has the details.'],
  ])('failed with a %s: %s', (name, next) => {
    const lines = rendered(aRecord({ status: 'failed', error: { name, message: 'm' } }));
    expect(lines).toContain(`  next  Nothing became visible and the file is as it was. ${next}`);
  });

  test('duplicate: of which run', () => {
    const record = aRecord({
      status: 'duplicate',
      records: { read: 0, loaded: 0 },
      tables: [],
      warnings: ['The same content was published by run r1; nothing was loaded.'],
    });
    expect(rendered(record)).toEqual([
      'movies  DUPLICATE   nothing loaded   0.4 s',
      '  note  The same content was published by run r1; nothing was loaded.',
      '  report  out/reports/movies/r.json',
    ]);
  });

  test('each warning on a line of its own', () => {
    const warnings = [
      'Fields that no column asks for were ignored: Year.',
      'Check rowCount: 10 rows, expected at least 20',
    ];
    expect(rendered(aRecord({ warnings })).slice(1, -1)).toEqual(
      warnings.map((text) => `  warning  ${text}`),
    );
  });

  test('ten reasons at most, then how many more there are', () => {
    const reasons = Array.from({ length: 14 }, (_, i) => aReason({ column: `c${i}` }));
    const lines = rendered(aRecord({ reasons }));
    expect(lines.filter((line) => /^ {2}c\d+ /.test(line))).toHaveLength(10);
    expect(lines).toContain('  and 4 more reasons, see the report');
  });

  test('numbers that do not agree are not ticked off', () => {
    expect(rendered(aRecord({ records: { loaded: 9 } }))[0]).toContain('✗');
  });

  test('a path outside of the working directory is shown whole, the file if asked for', () => {
    const record = aRecord({ report: '/srv/reports/r.json' });
    expect(renderRun(record, { cwd, file: true })).toContain('  file  data/movies.json\n');
    expect(rendered(record).at(-1)).toContain('report  /srv/reports/r.json');
  });

  test('colours are put around words, and change nothing else', () => {
    const record = aRecord({ status: 'failed', error: { name: 'E', message: 'm' } });
    const painted = renderRun(record, { cwd, paint: (style, text) => `<${style}>${text}</${style}>` });
    expect(painted).toContain('<red>FAILED</red>');
    expect(painted.replaceAll(/<\/?\w+>/g, '')).toBe(renderRun(record, { cwd }));
  });
});

describe('data that would act on the terminal', () => {
  const attack = '\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nfake  PUBLISHED \u202eevil\u2028\ud800';

  test('is written out, wherever it comes from', () => {
    const record = aRecord({
      status: 'failed',
      pipeline: `p${attack}`,
      reasons: [aReason({ column: attack, message: attack, example: { record: 1, value: attack } })],
      objects: [{ uri: `/home/me/${attack}`, bytes: 1, sha256: null }],
      tables: [{ name: 't', version: 0, uri: `/home/me/out/lake/${attack}` }],
      quarantine: `/home/me/${attack}`,
      report: `/home/me/${attack}.json`,
      warnings: [attack],
      checks: [{ name: 'c', words: attack, severity: 'warn', passed: false, message: attack }],
      error: { name: attack, message: attack },
    });
    const text = renderRun(record, { cwd, file: true });
    expect(text).toContain('\\x1b[2J');
    expect(text).toContain('\\u{202e}');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(text.split('\n').filter((line) => line.startsWith('fake'))).toEqual([]);
  });

  test('none gets through, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (value) => {
        const text = renderRun(
          aRecord({ reasons: [aReason({ message: value, example: { record: 1, value } })] }),
          { cwd },
        );
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(text.split('\n')).toHaveLength(4);
        expect(stripVTControlCharacters(text)).toBe(text);
      }),
      { seed: 20_260_102, numRuns: 300 },
    );
  });

  test('a long text is cut by characters, not through one', () => {
    const value = '👍'.repeat(100);
    const line = rendered(aRecord({ reasons: [aReason({ example: { record: 1, value } })] }))[1]!;
    expect(line).toContain(`e.g. ${'👍'.repeat(39)}… (record 1)`);
  });

  test('an empty text is seen to be one', () => {
    expect(rendered(aRecord({ reasons: [aReason({ example: { record: 1, value: '' } })] }))[1]).toContain(
      'e.g. "" (',
    );
  });
});

test('the summary of several runs', () => {
  const records = [
    aRecord({ status: 'published-with-rejects', records: { read: 3201, loaded: 2988, quarantined: 213 } }),
    aRecord({
      status: 'rejected',
      records: { read: null, loaded: 0 },
      objects: [{ uri: '/home/me/b.json', bytes: 1, sha256: null }],
    }),
  ];
  expect(renderSummary(records, { cwd }).split('\n')).toEqual([
    '',
    'file               status                    read   loaded   quarantined   held    time',
    'data/movies.json   PUBLISHED WITH REJECTS   3,201    2,988           213      0   0.4 s',
    'b.json             REJECTED                     -        0             0      0   0.4 s',
    '2 runs                                      3,201    2,988           213      0   0.8 s',
    '',
  ]);
});
