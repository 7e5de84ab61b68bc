/**
 * Damaged real files of every format through the whole run: each ends as the rules say, worked out by an oracle that
 * shares no code with the reading of files; what the damage did not touch is loaded as it was. SLUICE_SEED is the first
 * seed, SLUICE_MUTANTS how many, SLUICE_CHUNK the bytes of a chunk.
 */

import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fuzzFiles, type FuzzFile } from '../support/fuzz-files.ts';
import { faultsOf, mutantOf } from '../support/fuzz-run.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const first = Number(process.env['SLUICE_SEED'] ?? 20_261_121);
const count = Number(process.env['SLUICE_MUTANTS'] ?? 80);
const chunkBytes = Number(process.env['SLUICE_CHUNK'] ?? 2 ** 20);

let boxes: readonly Sandbox[];
let files: readonly FuzzFile[];
beforeAll(async () => {
  boxes = await Promise.all([openSandbox({ chunkBytes }), openSandbox({ chunkBytes })]);
  files = await fuzzFiles();
});
afterAll(() => Promise.all(boxes.map((box) => box.close())));

const fileNamed = (name: string): FuzzFile => files.find((file) => file.name === name)!;

test('the files themselves are read, and their good records loaded', async () => {
  for (const file of files) {
    expect(await faultsOf(boxes[0]!, { file, name: 'x', bytes: file.content })).toEqual([]);
  }
});

test(`${count} mutants from seed ${first}`, { timeout: 60_000 + count * 1000 }, async () => {
  const found: string[] = [];
  let seed = first;
  await Promise.all(
    boxes.map(async (box) => {
      while (seed < first + count && found.length < 20) {
        const own = seed++;
        const mutant = mutantOf(files, own);
        const faults = await faultsOf(box, mutant).catch((error: Error) => [`threw: ${error.stack}`]);
        found.push(
          ...faults.slice(0, 3).map((fault) => `SLUICE_SEED=${own} (${mutant.file.name}): ${fault}`),
        );
      }
    }),
  );
  expect(found).toEqual([]);
});

describe('the judge sees', () => {
  const judged = (seen: Partial<Sandbox>) => {
    const file = fileNamed('cars');
    const bytes = Buffer.from(`${file.content.toString()}\n{"Name":`);
    return faultsOf({ ...boxes[0]!, ...seen }, { file, name: 'x', bytes });
  };

  test('a row that is gone, one that was changed, one that is there twice', async () => {
    const [box] = boxes;
    expect(await judged({})).toEqual([]);
    const rows = async () => (await box!.table('fuzz'))!;
    expect(await judged({ table: async () => (await rows()).slice(1) })).toContain('25 records, expected 26');
    const changed = async () => (await rows()).map((row) => ({ ...row, Cylinders: 5 }));
    expect((await judged({ table: changed })).length).toBeGreaterThan(20);
    await expect(judged({ table: async () => (await rows()).concat(await rows()) })).rejects.toThrow(/twice/);
  });

  test('a rejected record without its reason, and a run that failed or does not balance', async () => {
    const [box] = boxes;
    expect(await judged({ quarantine: async () => [] })).toContain(
      'record 26 is not there, expected rejected: null:malformed',
    );
    const run: Sandbox['run'] = async (...given) => {
      const record = await box!.run(...given);
      return { ...record, status: 'failed', records: { ...record.records, loaded: 0 } };
    };
    expect(await judged({ run })).toEqual(['the books: 26 read, 1 left', 'failed: undefined: undefined']);
  });
});

/** What was found by fuzzing or beside it, by file name: the pipeline of a name stands before the first dot. */
const findings: Readonly<Record<string, string>> = {
  'cars.gzip-twice.gz':
    'was taken for JSON lines: each stretch of compressed bytes between two line ends became a rejected record',
  'films.mark-in-front.jsonl':
    'hid U+FEFF in front of a text from zod inside the scan, and from the values by which a table is parted',
};

describe('what was found once', () => {
  test('is all of what is kept', async () => {
    const entries = await readdir(new URL('../corpus/', import.meta.url), { withFileTypes: true });
    const kept = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(kept.toSorted()).toEqual(Object.keys(findings).toSorted());
  });

  test.each(Object.entries(findings))('%s: %s', async (name) => {
    const bytes = await readFile(new URL(`../corpus/${name}`, import.meta.url));
    expect(await faultsOf(boxes[0]!, { file: fileNamed(name.split('.')[0]!), name, bytes })).toEqual([]);
  });
});
