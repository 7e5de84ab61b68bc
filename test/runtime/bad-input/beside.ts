/** Bad input through the whole run, and beside it what DuckDB alone makes of the same bytes: the reason of each guard. */

import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Limits } from '../../../core/limits.ts';
import { format, z, type Pipeline } from '../../../core/vocabulary.ts';
import type { RunRecord } from '../../../runtime/result.ts';
import { openAlone, type EngineAlone } from '../../support/engine-alone.ts';
import { replacing } from '../../support/pipeline.ts';
import { openSandbox, type Quarantined, type Sandbox } from '../../support/sandbox.ts';

/** What came of a run. */
export interface Came {
  readonly status?: RunRecord['status'];
  /** Of an object that was rejected as a whole. */
  readonly code?: string;
  /** The loaded rows by record number, as the values of their columns. */
  readonly rows?: Readonly<Record<number, readonly unknown[]>>;
  /** The rejected records by number, as `column:code`. */
  readonly rejects?: Readonly<Record<number, string>>;
}

export interface Case {
  readonly what: string;
  readonly kind?: 'csv' | 'jsonl' | 'json';
  readonly content: string | Uint8Array;
  /** Default: `x` and the kind. */
  readonly name?: string;
  readonly comes: Came;
  /** What DuckDB alone is asked, of the file with the same content. Default: the obvious way to read it. */
  readonly alone?: string;
  /** Its rows, or words of what it fails with. */
  readonly makes: unknown;
}

export interface Beside {
  readonly box: Sandbox;
  readonly alone: EngineAlone;
  /** Runs a pipeline in an empty environment; its books must balance. */
  run(pipeline: Pipeline, name: string, content: string | Uint8Array): Promise<RunRecord>;
  came(run: RunRecord): Promise<Came & { readonly quarantined: readonly Quarantined[] }>;
  /** What comes of the run, and what DuckDB alone makes of the same bytes: to be held against `wanted`. */
  both(one: Case): Promise<{ readonly comes: Came; readonly makes: unknown }>;
}

export function openBeside(limits: Partial<Limits> = {}): Beside {
  let box: Sandbox;
  let alone: EngineAlone;
  beforeAll(async () => {
    [box, alone] = await Promise.all([openSandbox(limits), openAlone()]);
  });
  afterAll(() => Promise.all([box.close(), alone.close()]));

  const beside: Beside = {
    get box() {
      return box;
    },
    get alone() {
      return alone;
    },
    async run(pipeline, name, content) {
      await rm(box.world.layout.root, { recursive: true, force: true });
      const run = await box.run(pipeline, name, content);
      const { read, loaded, quarantined, filtered, deduplicated, held } = run.records;
      const left = loaded + quarantined + filtered + deduplicated + held;
      expect(run.status === 'rejected' ? [read, left] : read).toEqual(
        run.status === 'rejected' ? [null, 0] : left,
      );
      return run;
    },
    async came(run) {
      const rows = (await box.table('t')) ?? [];
      const quarantined = await box.quarantine();
      expect([rows.length, quarantined.length]).toEqual([run.records.loaded, run.records.quarantined]);
      return {
        status: run.status,
        ...(run.status === 'rejected' ? { code: /^object\.\w+/.exec(run.error!.message)![0] } : {}),
        rows: Object.fromEntries(
          rows.map(({ _record: record, ...values }) => [record, Object.values(values).map(shown)]),
        ),
        rejects: Object.fromEntries(
          quarantined.map(({ record, reasons }) => [
            record,
            reasons.map(({ column, code }) => (column === null ? code : `${column}:${code}`)).join(),
          ]),
        ),
        quarantined,
      };
    },
    async both({ kind = 'csv', content, name = `x.${kind}`, alone: asked = obvious(kind) }) {
      const comes = await beside.came(await beside.run(notes(kind), name, content));
      const path = await alone.put(name, content);
      return { comes, makes: await alone.ask(asked.replaceAll('$file', path)) };
    },
  };
  return beside;
}

/** What `both` must give; of a failure of DuckDB some words are enough. */
export const wanted = ({ comes, makes }: Pick<Case, 'comes' | 'makes'>) => ({
  comes,
  makes: typeof makes === 'string' ? expect.stringContaining(makes) : makes,
});

const shown = (value: unknown): unknown =>
  value instanceof Date ? value.toISOString().replace('T00:00:00.000Z', '') : value;

const obvious = (kind: 'csv' | 'jsonl' | 'json'): string =>
  kind === 'csv' ? `FROM read_csv('$file')` : `FROM read_json('$file')`;

/** Notes: `id` and `text`. */
const row = z.object({ id: z.int(), text: z.string() });
const byKind = {
  csv: replacing({ row, format: format.csv() }),
  jsonl: replacing({ row, format: format.jsonl() }),
  json: replacing({ row, format: format.json() }),
};
export const notes = (kind: keyof typeof byKind): Pipeline => byKind[kind];
