/** Rows that `unnest` made and that get lost, come twice or change their record: each count is held against another. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ReconciliationError } from '../../core/errors.ts';
import { Rows } from '../../core/rows.ts';
import type { Step } from '../../core/transforms/step.ts';
import type { Pipeline } from '../../core/vocabulary.ts';
import { load } from '../../runtime/load.ts';
import { readValue, writeValue } from '../../runtime/staging.ts';
import { validate } from '../../runtime/validate.ts';
import { validatedSchema } from '../../runtime/values.ts';
import { writeCounted } from '../../runtime/write-counted.ts';
import { openEngine } from '../support/engine.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { placesIn, upToChunks } from '../support/stages.ts';
import { many, plain, some, take, unnesting } from '../support/unnested.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('a file with other rows than were counted is refused where it is written', async () => {
  const engine = await openEngine();
  try {
    const write = (count: number) =>
      writeCounted(
        engine,
        'SELECT unnest([1, 2, 3]) AS id',
        join(engine.folder, 'a.parquet'),
        'Chunk 0',
        count,
      );
    await expect(write(3)).resolves.toBeUndefined();
    await expect(write(2)).rejects.toThrow(ReconciliationError);
    await expect(write(2)).rejects.toThrow(
      'Chunk 0: what became of its records counts 2, the file of accepted rows counts 3',
    );
  } finally {
    await engine.close();
  }
});

/** A transform with a step that breaks its promise after the records were taken apart. */
const broken = (harm: (below: string) => string, setwise = false): Pipeline =>
  unnesting({
    transform: (rows) => {
      const met = setwise ? rows.latest((o) => ({ per: [o.id] })) : rows;
      const after = met.unnest('items', { take, position: 'line' });
      const step: Step = {
        word: 'harm',
        options: { harm },
        says: 'harm',
        setwise: false,
        leaves: (shape) => shape,
        apply: (below) => ({ columns: below.columns, sql: harm(below.sql) }),
      };
      return new Rows(after.shape, [...after.steps, step]);
    },
  });

const three = many([1, 2, 3], () => some(3));

test.each([false, true])(
  'rows that get lost, come twice or change records fail the run (set-wise: %s)',
  async (setwise) => {
    const harms: [(below: string) => string, RegExp][] = [
      [
        (below) => `SELECT * FROM (${below}) WHERE "line" <> 2`,
        /lists of the records counts 9, the rows that were made of them counts 6/,
      ],
      [
        (below) => `SELECT * FROM (${below}) UNION ALL SELECT * FROM (${below}) WHERE "line" = 1`,
        /counts 9, .* counts 12/,
      ],
      [
        (below) =>
          `SELECT * REPLACE (CASE WHEN "_n" = 0 AND "line" = 1 THEN 1 ELSE "_n" END AS "_n") FROM (${below})`,
        /2 records have other rows than their lists say/,
      ],
    ];
    for (const [i, [harm, message]] of harms.entries()) {
      const record = await box.run(broken(harm, setwise), `${i}.jsonl`, `${three}${' '.repeat(i)}\n`);
      expect(record).toMatchObject({
        status: 'failed',
        error: { message: expect.stringMatching(message) },
        rows: { inserted: 0 },
      });
    }
    expect(await box.table('orders')).toBeNull();
  },
);

test('files with other rows than were counted are not committed', async () => {
  const made = unnesting({ transform: plain });
  const { manifest, attempt } = await upToChunks(box, made, 'a.jsonl', three);
  await validate(box.world, made, { manifest, attempt });
  const { validated } = placesIn(box, made);
  const found = await readValue(box.world.files, validated, validatedSchema);
  expect(found).toMatchObject({ accepted: 3, tableRows: 9 });
  await writeValue(box.world.files, validated, validatedSchema, { ...found, tableRows: 3 });
  await expect(load(box.world, made, { manifest, attempt })).rejects.toThrow(ReconciliationError);
  await writeValue(box.world.files, validated, validatedSchema, found);
  expect(await load(box.world, made, { manifest, attempt })).toMatchObject({ status: 'published' });
});
