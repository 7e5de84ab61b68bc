/** Helpers for tests of the intake: an object taken in from memory, and the rows of all its chunks. */

import type { Format } from '../../core/formats/format.ts';
import { defaultLimits, type Limits } from '../../core/limits.ts';
import { readChunk } from '../../runtime/intake/chunk-bytes.ts';
import { intake, type IntakeResult, type NotTakenIn, type TakenIn } from '../../runtime/intake/intake.ts';
import type { Files } from '../../runtime/ports.ts';
import { bytesOf, canonicalRows, type CanonicalRow } from './formats.ts';
import { memoryFiles, type MemoryFiles } from './memory-files.ts';

export const DECODED = '/store/decoded';

export interface Taking {
  readonly name?: string;
  readonly limits?: Partial<Limits>;
  readonly blockBytes?: number;
}

export interface Taken {
  readonly files: MemoryFiles;
  readonly result: IntakeResult;
}

/** Takes an object in. */
export async function take(
  format: Format,
  content: string | Uint8Array,
  { name = '/in/object', limits, blockBytes }: Taking = {},
): Promise<Taken> {
  const bytes = typeof content === 'string' ? bytesOf(content) : content;
  const files = memoryFiles({ [name]: bytes }, blockBytes);
  const result = await intake(files, { uri: name }, format, {
    limits: { ...defaultLimits, ...limits },
    decodedTo: DECODED,
    onProgress: () => {},
  });
  return { files, result };
}

/** Takes an object in that is trusted. */
export async function taken(format: Format, content: string | Uint8Array, taking?: Taking) {
  const { files, result } = await take(format, content, taking);
  if ('nothingNew' in result) throw new Error(result.nothingNew);
  if ('rejected' in result) throw result.rejected;
  return { files, result: result satisfies TakenIn as TakenIn };
}

/** Takes an object in that is rejected. */
export async function rejected(format: Format, content: string | Uint8Array, taking?: Taking) {
  const { files, result } = await take(format, content, taking);
  if (!('rejected' in result)) throw new Error('The object was taken in.');
  return { files, result: result satisfies NotTakenIn as NotTakenIn };
}

/** The records of all chunks, read exactly, in order. */
export async function rowsOf(
  format: Format,
  files: Files,
  result: TakenIn,
  limits: Limits = defaultLimits,
  fields = result.header.fields!,
): Promise<CanonicalRow[]> {
  const rows: CanonicalRow[] = [];
  for (const chunk of result.chunks) {
    const bytes = await readChunk(files, result.decoded, chunk);
    const prepared = format.prepare(bytes, { fields, notes: chunk.notes, torn: chunk.torn, limits }, true);
    const some = canonicalRows(prepared);
    if (some.length !== chunk.records || rows.length !== chunk.first) throw new Error('A chunk miscounts.');
    rows.push(...some);
  }
  return rows;
}
