/** Parquet files that the engine alone writes, and what comes of them in a run. */

import { afterAll, beforeAll } from 'vitest';
import type { z } from 'zod';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import { parquet, type ParquetOptions } from '../../core/formats/parquet.ts';
import type { Limits } from '../../core/limits.ts';
import { openAlone, type EngineAlone } from './engine-alone.ts';
import { loaded } from './loaded.ts';
import { replacing } from './pipeline.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

interface Shape {
  readonly row: z.ZodObject;
  readonly decode?: Record<string, string | DecodeOptions>;
  readonly options?: ParquetOptions;
}

/** For the tests of a file, in an environment and with an engine of their own. */
export function openParquet(limits: Partial<Limits>) {
  let box: Sandbox;
  let alone: EngineAlone;
  beforeAll(async () => {
    [box, alone] = await Promise.all([openSandbox(limits), openAlone()]);
  });
  afterAll(() => Promise.all([box.close(), alone.close()]));
  return {
    get box() {
      return box;
    },
    get alone() {
      return alone;
    },
    fileOf: (query: string, options?: string) => alone.parquet(query, options),
    load({ row, decode = {}, options = {} }: Shape, content: Uint8Array, name = 'x.parquet') {
      return loaded(box, replacing({ row, decode, format: parquet(options) }), name, content);
    },
  };
}
