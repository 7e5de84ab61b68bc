/** How a version of a table is told into records: as JSON lines, one for each of its rows. */

import type { Format } from './formats/format.ts';
import { jsonLines } from './formats/json-lines.ts';

/** An entry of a table's log; while it is taken in, the rows that it is about are written as JSON lines. */
export const tableVersion = (options: Format['options']): Format =>
  Object.freeze({ ...jsonLines('table', Object.freeze({ ...options })), converter: 'tableVersion' });
