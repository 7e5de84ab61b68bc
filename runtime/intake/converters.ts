/** The kinds of objects that are converted while they are taken in, one line each. */

import type { Found } from '../../core/formats/format.ts';
import { avro } from './avro.ts';
import type { BringPart, Converter } from './converter.ts';
import { each } from './each.ts';
import { excel } from './excel.ts';
import { parquet } from './parquet.ts';
import { tableVersion } from './table-version.ts';

export const converters: Readonly<Record<string, Converter>> = Object.freeze({
  avro,
  each,
  excel,
  parquet,
  tableVersion,
});

/** Who brings the parts of an object that stayed as it is; undefined where it is read as text. */
export const partsOf = ({ parts }: Found = {}): BringPart | undefined => converters[String(parts)]?.parts;
