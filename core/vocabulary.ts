/** Every word that a definition may use, one line each: the public API of Sluice. */

import { between } from './checks/between.ts';
import { completeness } from './checks/completeness.ts';
import { rowCount } from './checks/row-count.ts';
import { unique } from './checks/unique.ts';
import { avro } from './formats/avro.ts';
import { csv } from './formats/csv.ts';
import { excel } from './formats/excel.ts';
import { json } from './formats/json.ts';
import { jsonl } from './formats/jsonl.ts';
import { jsonSequence } from './formats/json-sequence.ts';
import { parquet } from './formats/parquet.ts';
import { lake } from './sinks/lake.ts';

export { z } from 'zod';
export { column, date, datetime, flag, int, number, text } from './derived.ts';
export { definePipeline, type Definition, type Pipeline } from './pipeline.ts';
export { reference } from './reference.ts';
export { run } from './run.ts';
export { sql, type Sql } from './sql.ts';
export { decimal } from './types/decimal.ts';

/** What is asked of the rows, beyond their schema. */
export const check = { between, completeness, rowCount, unique };

/** How the bytes of an object are told into records. */
export const format = { avro, csv, excel, json, jsonl, jsonSequence, parquet };

/** Where accepted rows go. */
export const sink = { lake };
