/** Names and texts that would like to be more than data (rows 34, 46 and 47 of the faults), and U+FEFF, which hides. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { replacing } from '../../support/pipeline.ts';
import { notes, openBeside } from './beside.ts';

const beside = openBeside();
const sqlish = [
  `"; DROP TABLE rows; --`,
  `') AS x; ATTACH 'y'; --`,
  `a'b`,
  `a"b`,
  `\\`,
  '${id}',
  `naïve 👍`,
  `a b`,
  `*`,
];

describe('the key of an object', () => {
  test.each([
    'with space.csv',
    'a+b.csv',
    '100%.csv',
    'a%2Fb.csv',
    'ünï👍.csv',
    `quote'.csv`,
    '[1]*?.csv',
    '..csv',
    '../up.csv',
    `'; DROP TABLE rows; --.csv`,
    `${'n'.repeat(200)}.csv`,
    '-rf.csv',
  ])('is used as it is: %s', async (name) => {
    const run = await beside.run(notes('csv'), name, 'id,text\n1,a\nno,b\n');
    expect(await beside.came(run)).toMatchObject({ rows: { 1: [1, 'a'] }, rejects: { 2: 'id:decode' } });
    expect(run.objects[0]!.uri).toBe(join(beside.box.folder, 'in', name));
    expect(run.run).toMatch(/^t-\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?$/);
    const rejected = await beside.run(notes('csv'), name, 'nothing of it');
    expect(await beside.box.world.files.stat(rejected.quarantine!)).toMatchObject({ size: 13 });
    expect(rejected.quarantine!.startsWith(beside.box.world.layout.root)).toBe(true);
  });

  test('is a pattern to the engine alone, which reads another file', async () => {
    const { alone } = beside;
    await alone.put('1.csv', 'id\n1\n');
    const path = await alone.put('[1]*.csv', 'id\n2\n');
    expect(await alone.ask(`SELECT id FROM read_csv('${path}')`)).toEqual([[1]]);
  });
});

describe('names of fields', () => {
  test('that are SQL are names: bound, ignored, reported', async () => {
    const columns = Object.fromEntries(sqlish.map((_, i) => [`c${i}`, z.string()]));
    const decode = Object.fromEntries(sqlish.map((from, i) => [`c${i}`, { from }]));
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    const header = [...sqlish, `'); DELETE FROM t; --`].map(quoted).join();
    const values = sqlish.map((_, i) => `v${i}`);
    const content = `${header}\n${values.join()},more\n`;
    const csv = replacing({ row: z.object(columns), format: format.csv(), decode });
    const run = await beside.run(csv, 'x.csv', content);
    expect((await beside.came(run)).rows).toEqual({ 1: values });
    expect(run.warnings.join()).toContain(`'); DELETE FROM t; --`);
    const record = JSON.stringify(Object.fromEntries(sqlish.map((name, i) => [name, `v${i}`])));
    const jsonl = replacing({ row: z.object(columns), format: format.jsonl(), decode });
    expect((await beside.came(await beside.run(jsonl, 'x.jsonl', record))).rows).toEqual({ 1: values });
  });

  test('are statements where they are pasted into SQL', async () => {
    await beside.alone.ask('CREATE TABLE victims AS SELECT 1 AS n');
    const name = `n" FROM victims; DROP TABLE victims; --`;
    await beside.alone.ask(`SELECT "${name}" FROM victims`);
    expect(await beside.alone.ask('FROM victims')).toContain('does not exist');
  });
});

describe('values', () => {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const formulas = [
    `=cmd|' /C calc'!A0`,
    '+1+1',
    '-2+3',
    '@SUM(1)',
    '\t=1',
    '\r=1',
    '<script>alert(1)</script>',
  ];
  const texts = [...sqlish, ...formulas, '\ufeff', '\ufeffid', '\u202egpj.exe', '\u2028'];

  test('are kept as they are, loaded and rejected', async () => {
    const lines = texts.flatMap((text, i) => [`${i},${quoted(text)}`, `no,${quoted(text)}`]);
    const came = await beside.came(await beside.run(notes('csv'), 'x.csv', ['id,text', ...lines].join('\n')));
    expect(Object.values(came.rows!).map(([, text]) => text)).toEqual(texts);
    expect(came.quarantined.map(({ raw }) => raw.toString())).toEqual(
      texts.map((text) => `no,${quoted(text)}`),
    );
    expect(came.quarantined.every(({ reasons }) => reasons[0]!.value === 'no')).toBe(true);
  });

  test('are the examples of a report as JSON, which no spreadsheet opens; there is no output as CSV yet', async () => {
    const lines = formulas.map((text) => quoted(text));
    const run = await beside.run(
      notes('csv'),
      'x.csv',
      ['id,text', ...lines.map((text) => `${text},x`)].join('\n'),
    );
    const report = JSON.parse(await readFile(run.report, 'utf8'));
    expect(report.reasons[0].example.value).toBe(formulas[0]);
  });

  const partitioned = definePipeline({
    name: 'parted',
    owner: 'test',
    description: 'Rows by a text.',
    row: z.object({ id: z.int(), text: z.string() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [sink.lake({ table: 't', write: 'replace', partitionBy: [o.text], metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

  test('by which a table is parted stay what they are, U+FEFF in front too', async () => {
    const lines = texts.map((text, i) => `${i},${quoted(text)}`);
    const run = await beside.run(partitioned, 'x.csv', ['id,text', ...lines].join('\n'));
    expect(run.records).toMatchObject({ read: texts.length, loaded: texts.length });
    const { tables, layout } = beside.box.world;
    const { files } = (await tables.snapshot(layout.table('t')))!;
    expect(files.map(({ partitionValues }) => partitionValues['text']).toSorted()).toEqual(texts.toSorted());
  });

  test('are seen by zod inside the scan with their U+FEFF', async () => {
    const row = z.object({ id: z.string().refine((id) => !id.startsWith('\ufeff'), { error: 'a mark' }) });
    const pipeline = replacing({ row, format: format.csv() });
    const came = await beside.came(await beside.run(pipeline, 'x.csv', 'id\na\n\ufeffb\n\ufeff\n'));
    expect(came).toMatchObject({ rows: { 1: ['a'] }, rejects: { 2: 'id:custom', 3: 'id:custom' } });
  });
});
