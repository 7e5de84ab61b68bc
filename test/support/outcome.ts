/** What came of a run, as it must be however its work is shared out. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Limits } from '../../core/limits.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { openSandbox } from './sandbox.ts';

export interface Given {
  readonly name: string;
  readonly content: string;
  /** Other files, by their names in the folder that the definition is made with. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  /** By what the rows of the table are sorted. */
  readonly order?: string;
}

/** Runs a definition in an environment of its own: the report, the rows of its table, and the rejects. */
export async function outcomeOf(
  make: (folder: string) => Pipeline,
  { name, content, beside = {}, limits = {}, order = '_record' }: Given,
) {
  const box = await openSandbox(limits);
  try {
    for (const [file, text] of Object.entries(beside)) await writeFile(join(box.folder, file), text);
    const pipeline = make(box.folder);
    const { status, records, reasons, checks, warnings, rows, error } = await box.run(
      pipeline,
      name,
      content,
    );
    const rejects = await box.quarantine();
    return {
      status,
      error: error ?? null,
      records,
      reasons: reasons.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      checks,
      warnings,
      rows,
      table: await box.table(pipeline.sinks[0]!.table, order),
      rejects: rejects.map(({ record, byte_offset: at, text, reasons: why }) => [record, at, text, why]),
    };
  } finally {
    await box.close();
  }
}
