/** Runs, one run and the doctor's findings as a person reads them; data that would attack the terminal is made visible. */

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderDiagnosis } from '../../bin/render-diagnosis.ts';
import { renderRuns, type UnsettledRun } from '../../bin/render-runs.ts';
import { renderShown, renderUnsettled } from '../../bin/render-shown.ts';
import { renderStatus } from '../../bin/render-status.ts';
import { renderTable } from '../../bin/render-table.ts';
import type { DeltaType } from '../../core/row.ts';
import type { Diagnosis } from '../../runtime/doctor.ts';
import { aRecord } from '../support/records.ts';

const cwd = '/home/me';
const lines = (text: string): string[] => text.split('\n').slice(0, -1);

const unsettled: UnsettledRun = {
  state: 'at work',
  attempt: {
    pipeline: 'movies',
    sha256: 'b'.repeat(64),
    attempt: 2,
    run: 'movies-20260102T040000Z-bbbbbbbb-2',
    owner: 'movies-20260102T040000Z-abcdef',
    definition: 'd'.repeat(64),
    registeredAt: '2026-01-02T04:00:00.000Z',
    object: { uri: '/home/me/data/b.json', version: '1', bytes: 1 },
  },
};
const decided: UnsettledRun = {
  state: 'decided',
  attempt: { ...unsettled.attempt, decision: { outcome: 'publish', by: 'e2', conclusion: '/w/c.json' } },
};

describe('runs', () => {
  const now = new Date('2026-01-02T04:01:30.000Z');

  test('what is not settled stands first, and every column lines up', () => {
    const held = aRecord({
      status: 'held',
      records: { read: 12_000, loaded: 0, quarantined: 2000, held: 10_000 },
    });
    const rejected = aRecord({ status: 'rejected', records: { read: null, loaded: 0 }, attempt: 3 });
    expect(lines(renderRuns([held, rejected], [unsettled, decided], { now }))).toEqual([
      'settled at             run                                  status                read   loaded   quarantined     held         time   attempt',
      '-                      movies-20260102T040000Z-bbbbbbbb-2   AT WORK                  -        -             -        -   1 min 30 s         2',
      '-                      movies-20260102T040000Z-bbbbbbbb-2   DECIDED (publish)        -        -             -        -   1 min 30 s         2',
      '2026-01-02 03:04:05Z   movies-20260102T030405Z-abcdef01     HELD                12,000        0         2,000   10,000        0.4 s         1',
      '2026-01-02 03:04:05Z   movies-20260102T030405Z-abcdef01     REJECTED                 -        0             0        0        0.4 s         3',
    ]);
  });

  test('colours change no text', () => {
    const paint = (_style: string, text: string): string => `\u001b[31m${text}\u001b[39m`;
    const painted = renderRuns([aRecord()], [unsettled], { now, paint });
    expect(painted).toContain('\u001b[31mPUBLISHED\u001b[39m');
    expect(painted).toContain('\u001b[31mAT WORK\u001b[39m');
    expect(stripVTControlCharacters(painted)).toBe(renderRuns([aRecord()], [unsettled], { now }));
  });

  test('none', () => {
    expect(renderRuns([], [], { now })).toBe('No run was registered yet.\n');
  });
});

describe('the status', () => {
  const now = new Date('2026-01-02T03:04:05.000Z');
  const day = { runs: 0, read: 0, quarantined: 0, notPublished: 0 };

  test('of pipelines with a run and without one, with colours that change no text', () => {
    const last = { run: 'r', status: 'held', settledAt: '2026-01-02T03:03:05.000Z' } as const;
    const status = [
      { pipeline: 'held', last, atWork: 1, left: 2, day: { ...day, runs: 3, notPublished: 1 } },
      { pipeline: 'movies', last: null, atWork: 0, left: 0, day },
    ];
    const text = renderStatus(status, { now });
    expect(lines(text)).toEqual([
      'pipeline   last run   when            at work   left over   runs in 24 h   not published   read   quarantined',
      'held       HELD       1 min 0 s ago         1           2              3               1      0             0',
      'movies     -          -                     0           0              0               0      0             0',
    ]);
    const painted = renderStatus(status, { now, paint: (style, words) => `<${style}>${words}</${style}>` });
    expect(lines(painted)[1]).toMatch(/^held {7}<yellow>HELD<\/yellow> {7}1 min 0 s ago/);
    expect(painted.replaceAll(/<\/?\w+>/g, '')).toBe(text);
  });

  test('of none', () => {
    expect(renderStatus([], { now })).toBe('No run was registered yet.\n');
  });
});

test('the columns of a table are told with what lists and objects are made of', () => {
  const column = (name: string, type: DeltaType) => ({ name, type, nullable: true, metadata: {} });
  const table = renderTable(
    {
      name: 't',
      uri: '/home/me/out/lake/t',
      description: '',
      columns: [
        column('tags', { type: 'array', elementType: 'string', containsNull: false }),
        column('at', { type: 'struct', fields: [column('x', 'double'), column('y', 'long')] }),
      ],
      partitionBy: [],
      files: 1,
      rows: 2,
      bytes: 3,
      versions: { oldest: 0, newest: 0 },
      checkpoint: null,
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    },
    { cwd, paint: (_style, text) => text },
  );
  expect(lines(table).slice(-2)).toEqual([
    '  tags   array<string>                may be null',
    '  at     struct<x: double, y: long>   may be null',
  ]);
});

describe('one run', () => {
  test('with its object, its definition, who did it, and each check', () => {
    const check = {
      name: 'unique',
      words: 'order_id is unique',
      severity: 'reject',
      passed: true,
      message: '0 rows',
    };
    const record = aRecord({
      checks: [check, { ...check, name: 'rowCount', passed: false, message: 'too\u001b few' }],
    });
    expect(lines(renderShown(record, { cwd }))).toEqual([
      'movies  PUBLISHED   10 read = 10 loaded + 0 quarantined + 0 filtered + 0 deduplicated ✓   0.4 s',
      '  table  out/lake/movies (version 0)   report  out/reports/movies/r.json',
      '  run         movies-20260102T030405Z-abcdef01',
      '  object      data/movies.json (1,234 bytes)',
      `  sha256      ${'a'.repeat(64)}`,
      `  definition  ${'d'.repeat(64)}`,
      '  attempt     1',
      '  owner       e',
      '  started     2026-01-02T03:04:05.000Z',
      '  settled     2026-01-02T03:04:05.400Z',
      '  rows        10 inserted, 0 deleted',
      '  checks',
      '    ✓   unique     reject   order_id is unique   0 rows',
      '    ✗   rowCount   reject   order_id is unique   too\\x1b few',
    ]);
  });

  test('that is not settled: what that means, and what was decided', () => {
    const shown = lines(renderUnsettled(decided, { cwd }));
    expect(shown[0]).toBe('movies  DECIDED (publish)');
    expect(shown[1]).toContain('is carried out');
    expect(shown.slice(-2)).toEqual(['  decided     publish, by e2', '  by          /w/c.json']);
  });
});

describe('a diagnosis', () => {
  const none: Diagnosis = {
    findings: [],
    notes: [],
    runs: 1,
    tables: 2,
    rows: 3000,
    leftovers: { count: 0, bytes: 0 },
  };
  const options = { cwd, clean: 'sluice clean' };

  test('all is well, with what is worth knowing', () => {
    expect(renderDiagnosis(none, options)).toBe('Everything agrees: 1 run, 2 tables, 3,000 rows.\n');
    const more = { ...none, notes: ['Run r is at work.'], leftovers: { count: 2, bytes: 12_345 } };
    expect(lines(renderDiagnosis(more, options))).toEqual([
      '· Run r is at work.',
      '· 2 leftovers (12.3 kB) can be removed: sluice clean',
      'Everything agrees: 1 run, 2 tables, 3,000 rows.',
    ]);
  });

  test('a finding: what, where, what to do', () => {
    const finding = {
      check: 'rows',
      what: 'x\u0007\ny',
      where: '/home/me/out/lake/t',
      next: 'sluice show r',
    } as const;
    expect(lines(renderDiagnosis({ ...none, findings: [finding] }, options))).toEqual([
      '✗ rows  x\\x07',
      '  y',
      '  where  out/lake/t',
      '  next   sluice show r',
      '',
      '1 finding in 1 run, 2 tables, 3,000 rows.',
    ]);
  });
});
