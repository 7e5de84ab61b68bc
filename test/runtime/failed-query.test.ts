/** Which errors are said to be of a query of sql(), and which are not. */

import { expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { sayingQuery } from '../../runtime/failed-query.ts';

const asking = { rows: { steps: [{ queries: () => [] }] } } as unknown as Pipeline;
const plain = { rows: { steps: [{}] } } as unknown as Pipeline;
const said =
  'The query of sql() failed on a row, and with it the run; write TRY(…) in it where one may fail. ';

test.each([
  ['of a row', asking, 'EngineError', 'Conversion Error: Could not convert', said],
  ['of a row, in a chunk', asking, 'EngineError', 'Chunk 1 of 2 left no result: EngineError: Out of Range Error: x', said], // prettier-ignore
  ['of the whole query', asking, 'EngineError', 'Binder Error: Could not find x', ''],
  ['that only mentions one of a row', asking, 'EngineError', 'Out of Memory Error: in a Conversion Error', ''], // prettier-ignore
  ['of no engine', asking, 'UsageError', 'Conversion Error: Could not convert', ''],
  ['where nothing is asked', plain, 'EngineError', 'Conversion Error: Could not convert', ''],
])('an error %s', (_what, pipeline, name, message, before) => {
  expect(sayingQuery(pipeline, { name, message })).toBe(`${before}${message}`);
});
