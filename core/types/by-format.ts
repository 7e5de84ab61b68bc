/** Dates and times read by a format of the engine, and only if the engine would write them the same way. */

import type { DatePattern } from '../date-pattern.ts';
import { literal } from '../sql.ts';
import type { Stage } from './type.ts';

/** The engine's own way to write a timestamp: then a cast reads it in half the time. */
const OWN_FORMAT = '%Y-%m-%d %H:%M:%S';
const OWN_LENGTH = 19;

/** Stages from a text to a TIMESTAMP of years 1 to 9999, NULL where the text is not exactly of the pattern. */
export function byFormat({ format, names }: DatePattern): readonly Stage[] {
  const shown = (value: string) => `strftime(${value}, ${literal(format)})`;
  const same = (value: string, text: string) =>
    names ? `lower(${value}) = lower(${text})` : `${value} = ${text}`;
  if (format === OWN_FORMAT) {
    return [
      (text) => `TRY_CAST(${text} AS TIMESTAMP)`,
      (value, text) =>
        `CASE WHEN strlen(${text}) = ${OWN_LENGTH} AND ${value}::VARCHAR = ${text} THEN ${value} END`,
    ];
  }
  return [
    (text) => `try_strptime(${text}, ${literal(format)})`,
    (value, text) =>
      `CASE WHEN ${same(shown(value), text)} AND year(${value}) BETWEEN 1 AND 9999 THEN ${value} END`,
  ];
}
