/** All pages of a Parquet file read once: whether they can be, how many rows come of them, how long their texts are. */

import type { Limits } from '../../core/limits.ts';
import type { Engine } from '../engine.ts';
import type { ParquetColumns } from './parquet-columns.ts';
import type { ParquetRows } from './parquet-rows.ts';
import { jsonOf, plainType } from './parquet-types.ts';

export interface Survey {
  /** Rows that came. */
  readonly records: number;
  /** Bytes of all texts. */
  readonly textBytes: number;
  /** Whether the values of each record can be told without its line: nothing of it is for the reader of JSON to say. */
  readonly isPlain: boolean;
}

/** As JSON a byte of a text may take six. */
const ESCAPED = 6;
/** What a value takes at most that is no text. */
const VALUE = 64;

export async function survey(
  engine: Engine,
  { all, told, line }: ParquetColumns,
  { from }: ParquetRows,
  limits: Limits,
): Promise<Survey> {
  const texts = all.flatMap(({ sql, type }) => {
    if (type === 'VARCHAR' || type === 'JSON') return [`strlen(${sql})`];
    return isNested(type) || type === 'BLOB' ? [`strlen(${sql}::VARCHAR)`] : [];
  });
  const others = all.flatMap(({ sql, type }) =>
    type === 'VARCHAR' || type === 'JSON' ? [] : [`bit_xor(hash(${sql}))`],
  );
  // JSON has no number that is none: the reader of JSON says of the whole record that it is malformed.
  const floats = Object.values(told).filter(
    ({ field: { type } }) => isNested(type) && /\b(?:FLOAT|DOUBLE)\b/.test(plainType(type)),
  );
  const odd = [
    ...floats.map(
      ({ sql, field }) =>
        `coalesce(regexp_matches(${jsonOf(sql, field)}, '[:,\\[]-?(?:NaN|Infinity)'), FALSE)`,
    ),
    ...Object.values(told).flatMap(({ inJson }) => (typeof inJson === 'string' ? [inJson] : [])),
  ];
  const [read] = await engine.rows(
    `SELECT count(*) AS records, (${sumOf('sum', texts)})::DOUBLE AS text, (${sumOf('max', texts)})::DOUBLE AS longest,
  coalesce(count_if(${odd.join(' OR ') || 'FALSE'}), 0) AS odd${others.map((value, i) => `, ${value}::VARCHAR AS v${i}`).join('')}
FROM ${from}`,
  );
  const { records, text, longest, odd: oddOnes } = read as Record<string, number>;
  const longestLine = Buffer.byteLength(line) + all.length * VALUE + ESCAPED * longest!;
  const isPlain =
    oddOnes === 0 &&
    longestLine <= limits.recordBytes &&
    all.length <= limits.fields &&
    Object.values(told).every(
      ({ field: { type }, inJson }) => inJson !== true && levelsOf(type) < limits.depth,
    );
  return { records: records!, textBytes: text!, isPlain };
}

const sumOf = (how: string, values: readonly string[]): string =>
  ['0', ...values.map((value) => `coalesce(${how}(${value}), 0)`)].join(' + ');

const isNested = (type: string): boolean => type.endsWith(']') || /^(?:STRUCT|MAP)\(/.test(type);

/** Levels of lists and objects at most, and the record's own. */
const levelsOf = (type: string): number => 1 + (plainType(type).match(/STRUCT\(|\[/g)?.length ?? 0);
