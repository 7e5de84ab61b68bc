/** How much at once: what a pipeline's stages are given, and how a run is cut. */

import { z } from 'zod';

export const scaleSchema = z.strictObject({
  /** Megabytes that one transform works on, before the end of the record that passes them. */
  chunkMb: z.int().min(1).max(1024).default(64),
  /**
   * Megabytes of an object whose rows one function holds against each other, for keys and windows. The rows of a larger
   * object are parted by the hash of what makes them meet.
   */
  bucketMb: z.int().min(1).max(10_240).default(512),
  /** Functions that work on one run at a time. */
  chunksAtOnce: z.int().min(1).max(1000).default(8),
  /** Megabytes of memory of each function that works on data; its processors grow with it (1,769 MB are one). */
  memoryMb: z.int().min(1024).max(10_240).default(3008),
  /** Runs of the pipeline that are open at once. */
  openRuns: z.int().min(1).max(1000).default(20),
});

/** All with defaults that are good for ten million records in one run. */
export type ScaleOptions = z.input<typeof scaleSchema>;
export type Scale = Readonly<z.output<typeof scaleSchema>>;
