/**
 * What it takes to update one row of a hundred in a table of a hundred million, each call of a stage in a process of its
 * own, as in functions: `node bench/large-table.ts [memoryMb]` prints the time and the memory of each.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Pipeline } from '../core/pipeline.ts';
import { copySql } from '../core/plan/write.ts';
import { planOf } from '../core/plan/plan.ts';
import { literal } from '../core/sql.ts';
import { definePipeline, format, sink, z } from '../core/vocabulary.ts';
import { ingest } from '../runtime/ingest.ts';
import { load } from '../runtime/load.ts';
import { runMachine, type Asl } from '../runtime/local/machine.ts';
import { localWorld, type LocalWorld } from '../runtime/local/world.ts';
import { placeParts } from '../runtime/table-files.ts';
import { transform } from '../runtime/transform.ts';
import { validate } from '../runtime/validate.ts';
import { inEngine } from '../runtime/world.ts';

const ROWS = 100_000_000;
const PARTITIONS = 100;
const EACH = ROWS / PARTITIONS;

const folder = fileURLToPath(new URL('../out/bench-large-table', import.meta.url));
const program = fileURLToPath(import.meta.url);
const stages = { ingest, transform, validate, load };

const readings = definePipeline({
  name: 'readings',
  owner: 'bench',
  description: 'Readings of meters.',
  row: z.object({ id: z.int(), part: z.int(), value: z.int() }),
  sources: (source) => [source.files({ prefix: 'readings/', format: format.csv() })],
  gate: { rejected: { atMost: 0 } },
  sinks: (o) => [sink.lake({ table: 'readings', write: 'upsert', key: [o.id], partitionBy: [o.part] })],
  sla: { latency: '10 minutes' },
}) as unknown as Pipeline;

const [what = '1024', stage, input] = process.argv.slice(2);
const world = localWorld({ out: folder, memoryMb: Number(what), threads: 2 });

if (stage === undefined) await measure(world);
else {
  const began = performance.now();
  const answer = await stages[stage as keyof typeof stages](world, readings, JSON.parse(input!));
  const told = {
    answer,
    seconds: (performance.now() - began) / 1000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(JSON.stringify(told));
}

async function measure({ layout }: LocalWorld): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const uri = join(folder, 'readings.csv');
  const bytes = await makeTable(layout.table('readings'), uri);
  process.stdout.write(
    `table: ${ROWS.toLocaleString('en-US')} rows in ${PARTITIONS} files, ${Math.round(bytes / 1e6)} MB\n`,
  );
  const asl = JSON.parse(
    readFileSync(new URL('../statemachines/batch.asl.json', import.meta.url), 'utf8'),
  ) as Asl;
  const call = (name: keyof typeof stages) => async (given: unknown) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      what,
      name,
      JSON.stringify(given),
    ]);
    const { answer, seconds, peakMb } = JSON.parse(stdout) as {
      answer: unknown;
      seconds: number;
      peakMb: number;
    };
    const { chunk, merge } = given as { chunk?: number; merge?: number };
    const which = chunk === undefined ? (merge === undefined ? '' : ` group ${merge}`) : ` chunk ${chunk}`;
    process.stdout.write(`${name}${which}: ${seconds.toFixed(1)} s, ${Math.round(peakMb)} MB\n`);
    return answer;
  };
  const handlers = {
    IngestFunction: call('ingest'),
    TransformFunction: call('transform'),
    ValidateFunction: call('validate'),
    LoadFunction: call('load'),
  };
  const startedAt = new Date().toISOString();
  const start = { pipeline: 'readings', execution: 'bench', objects: [{ uri }], again: false, startedAt };
  const began = performance.now();
  const { status, cause } = await runMachine(asl, handlers, start, { concurrency: 1 });
  const report = readFileSync(join(folder, 'ledger/readings/history.jsonl'), 'utf8');
  const { records, rows, warnings } = JSON.parse(report) as Record<string, unknown>;
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `${status} in ${seconds.toFixed(0)} s: ${JSON.stringify({ cause, records, rows, warnings })}\n`,
  );
  rmSync(folder, { recursive: true, force: true });
}

/** A file for each partition, and one row of a hundred to bring to it; one of ten of them is new. */
async function makeTable(table: string, changes: string): Promise<number> {
  const fields = planOf(readings).table;
  const run = 'readings-20261121T100000Z-0123abcd';
  const columns = (id: string): string => `(${id})::BIGINT AS id, (hash(${id}) % 1000)::BIGINT AS "value"`;
  const target = { uri: table, run, fields, partitionBy: ['part'] };
  const add = await inEngine(world, async (engine) => {
    const parts = [];
    for (let part = 0; part < PARTITIONS; part++) {
      const path = join(engine.folder, `${part}.parquet`);
      await engine.run(
        copySql(`SELECT ${columns(`i * ${PARTITIONS} + ${part}`)} FROM range(${EACH}) r(i)`, path),
      );
      parts.push({ path, partitionValues: { part: String(part) } });
    }
    const out = join(engine.folder, 'changes.csv');
    await engine.run(
      `COPY (SELECT id, id % ${PARTITIONS} AS part, 1000 + i % 7 AS "value" FROM (
SELECT i, CASE WHEN i % 10 = 0 THEN ${ROWS} + i ELSE i * 100 + (i // 100) % 100 END AS id FROM range(${ROWS / 100}) r(i)
)) TO ${literal(out)} (FORMAT csv, HEADER)`,
    );
    await world.files.upload(out, changes);
    return placeParts(world, engine, parts, target, (i) => `0a1b2c-${i}.parquet`);
  });
  const files = add.flatMap((file) => file ?? []);
  await world.tables.commit(table, {
    id: { application: `sluice/${run}`, version: 1 },
    schema: { fields, partitionBy: ['part'], description: '' },
    write: 'append',
    add: files,
    supersedes: [],
    operation: 'BENCH',
    at: world.now(),
  });
  return files.reduce((sum, { size }) => sum + size, 0);
}
