/** Definitions that could not run are refused before any data is read. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import type { ReceivedRows, Rows, Shape } from '../../core/rows.ts';
import { int, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const row = z.object({ id: z.int(), name: z.string() });
const withStep = (transform: (rows: ReceivedRows<typeof row.shape>) => Rows<Shape>): Pipeline =>
  pipelineOf({ row, transform });
const where = (text: TemplateStringsArray): Pipeline => withStep((rows) => rows.where(() => sql(text)));
const run = (pipeline: Pipeline) => box.run(pipeline, 'a.csv', 'id,name\n1,x\n');

test.each([
  ['now()', where`now() > now()`, /now\(\).*run\.time/s],
  ['random()', where`random() > 0.5`, /random\(\)/],
  ['a sub-query', where`id IN (SELECT 1)`, /sub-query/],
  ['a window', where`row_number() OVER () = 1`, /window/],
  ['an aggregate', where`count(*) > 1`, /count/],
  ['a column that is not there', where`nam = 'x'`, /nam/],
  ['a text as a condition', where`name`, /VARCHAR where BOOLEAN/],
  ['broken SQL', where`id >`, /syntax/i],
  ['a file', where`id IN (FROM read_csv('/etc/passwd'))`, /sub-query/],
])('%s', async (_, pipeline, message) => {
  const refused = run(pipeline);
  await expect(refused).rejects.toThrow(DefinitionError);
  await expect(refused).rejects.toThrow(message);
});

test('an expression whose cast would change values', async () => {
  const pipeline = withStep((rows) => rows.derive(() => ({ n: int(sql`name`) })));
  await expect(run(pipeline)).rejects.toThrow(/gives VARCHAR where BIGINT is declared/);
});
