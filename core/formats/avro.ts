/** Format `avro`: an Avro object container file, whose schema it brings itself. */

import type { Format } from './format.ts';
import { jsonLines } from './json-lines.ts';

/**
 * An Avro file: each of its records is a record. Fields bind by name, their types must be those of the row without any
 * change of a value. While it is taken in, the records are written as JSON lines; a rejected one is kept as that.
 */
export const avro = (): Format =>
  Object.freeze<Format>({ ...jsonLines('avro', Object.freeze({})), converter: 'avro' });
