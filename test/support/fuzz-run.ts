/** A damaged file through the whole run, and whatever is wrong with what came of it. */

import { rm } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RunRecord } from '../../runtime/result.ts';
import { csvParsed, csvRecords, expectedOf, type Fate } from './fuzz-oracle.ts';
import type { FuzzFile } from './fuzz-files.ts';
import { damaged, randomOf } from './fuzz.ts';
import type { Sandbox } from './sandbox.ts';

/** A file as a run gets it: damaged, or damaged and then compressed, or compressed and then damaged. */
export interface Mutant {
  readonly file: FuzzFile;
  readonly name: string;
  readonly bytes: Buffer;
}

/** The same mutant for the same seed; every fourth is compressed. */
export function mutantOf(files: readonly FuzzFile[], seed: number): Mutant {
  const random = randomOf(seed);
  const file = files[seed % files.length]!;
  const donor = random.pick(files).content;
  const how = random.below(8);
  if (how === 0) return { file, name: 'x.gz', bytes: damaged(gzipSync(file.content), random, donor) };
  const bytes = damaged(file.content, random, donor);
  return how === 1 ? { file, name: 'x.gz', bytes: gzipSync(bytes) } : { file, name: 'x', bytes };
}

/** Runs it in an empty environment. @returns sentences, none if all is as it must be. */
export async function faultsOf(box: Sandbox, { file, name, bytes }: Mutant): Promise<string[]> {
  await rm(box.world.layout.root, { recursive: true, force: true });
  const run = await box.run(file.pipeline, name, bytes);
  const expected = expectedOfReceived(file, name, bytes);
  const faults = [...booksOf(run), ...parsersOf(file, name, bytes)];
  if (run.status === 'failed') return [...faults, `failed: ${run.error?.name}: ${run.error?.message}`];
  if (expected === 'rejected' || run.status === 'rejected') {
    const says = run.error?.message ?? '';
    if (expected !== 'rejected') faults.push(`rejected, and ${expected.length} records can be told: ${says}`);
    else if (run.status !== 'rejected') faults.push(`${run.status}, and it cannot be trusted`);
    else if (!/^object\.\w+: ./.test(says)) faults.push(`rejected without a reason: ${says}`);
    return faults;
  }
  return [...faults, ...differences(await fatesOf(box, file), expected)];
}

/** What was received decides: of compressed bytes, what an independent reading of them gives. */
function expectedOfReceived(file: FuzzFile, name: string, bytes: Buffer): readonly Fate[] | 'rejected' {
  if (!name.endsWith('.gz')) return expectedOf(file, bytes);
  const content = gunzipped(bytes);
  return content === undefined ? 'rejected' : expectedOf(file, content);
}

function gunzipped(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return undefined;
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

/** The oracle's own telling of records, held against a parser of other people, as far as that one goes. */
function parsersOf(file: FuzzFile, name: string, bytes: Buffer): string[] {
  if (file.text !== 'csv' || name.endsWith('.gz')) return [];
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const parsed = csvParsed(text, file.delimiter);
  const own = csvRecords(text, file.delimiter)?.map(({ fields }) => fields);
  const isSame = parsed === undefined || JSON.stringify(parsed) === JSON.stringify(own);
  return isSame ? [] : ['the oracle and csv-parse tell other fields'];
}

function booksOf(run: RunRecord): string[] {
  const { read, loaded, quarantined, filtered, deduplicated, held } = run.records;
  const sum = loaded + quarantined + filtered + deduplicated + held;
  if (run.status === 'rejected') return read === null && sum === 0 ? [] : ['a rejected object has records'];
  return read === sum ? [] : [`the books: ${read} read, ${sum} left`];
}

async function fatesOf(box: Sandbox, file: FuzzFile): Promise<Map<number, Fate>> {
  const fates = new Map<number, Fate>();
  for (const { _record: record, ...values } of (await box.table('fuzz')) ?? []) {
    if (fates.has(record as number))
      throw new Error(`${file.name}: record ${String(record)} was loaded twice.`);
    fates.set(record as number, { row: values });
  }
  for (const { record, reasons } of await box.quarantine()) {
    if (fates.has(record)) throw new Error(`${file.name}: record ${record} has two fates.`);
    fates.set(record, { reasons: reasons.map(({ column, code }) => `${column}:${code}`) });
  }
  return fates;
}

function differences(found: ReadonlyMap<number, Fate>, expected: readonly Fate[]): string[] {
  const faults = found.size === expected.length ? [] : [`${found.size} records, expected ${expected.length}`];
  for (const [i, fate] of expected.entries()) {
    const [is, wanted] = [shown(found.get(i + 1)), shown(fate)];
    if (is !== wanted) faults.push(`record ${i + 1} is ${is}, expected ${wanted}`);
  }
  return faults;
}

function shown(fate: Fate | undefined): string {
  if (fate === undefined) return 'not there';
  return 'reasons' in fate ? `rejected: ${fate.reasons.toSorted().join(', ')}` : told(fate.row);
}

const TIME = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/;

/** Equal values of the table and of zod in one form: a field without a value is left out, times have milliseconds. */
function told(value: unknown): string {
  if (value instanceof Date || (typeof value === 'string' && TIME.test(value))) {
    return new Date(value).toISOString();
  }
  if (Array.isArray(value)) return `[${value.map((one) => told(unmarked(one))).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
    return `{${fields
      .map(([name, one]) => `${name}: ${told(one)}`)
      .toSorted()
      .join()}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
}

/** In lists the engine's client drops U+FEFF in front of a text: reading the table, and not making it, has that fault. */
const unmarked = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/^\ufeff/, '') : value;
