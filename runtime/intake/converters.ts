/** The kinds of objects that are converted while they are taken in, one line each. */

import { avro } from './avro.ts';
import type { Converter } from './converter.ts';
import { excel } from './excel.ts';
import { parquet } from './parquet.ts';

export const converters: Readonly<Record<string, Converter>> = Object.freeze({ avro, excel, parquet });
