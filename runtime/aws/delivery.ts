/** A delivery: one version of one object in the bucket of a source, and the execution that works on it. */

import { createHash } from 'node:crypto';
import type { Pipeline } from '../../core/pipeline.ts';
import { takenByKey } from '../../core/sources/taken-by.ts';
import type { Start } from '../values.ts';

export interface Delivery {
  readonly bucket: string;
  /** As it is, never URL-encoded. */
  readonly key: string;
  readonly size: number;
  /** `v=<version id>` or `e=<ETag>`. */
  readonly version?: string | undefined;
  /** When it was dropped. */
  readonly at: Date;
}

/** Why nothing is to be done with an object, or undefined where something is. */
export function whyIgnored(pipeline: Pipeline, { key, size }: Delivery): string | undefined {
  if (key.endsWith('/') && size === 0) return 'it marks a folder';
  if (takenByKey(pipeline.sources, key).length > 0) return undefined;
  const taken = pipeline.sources.map(({ prefix, match }) => `${prefix}${match}`).join(', ');
  return `no source of the pipeline takes it; they take ${taken}`;
}

/** What starts the execution: the same one for the same delivery, however often it is told. */
export function startOf(pipeline: Pipeline, delivery: Delivery): Start {
  const { bucket, key, version, at } = delivery;
  const startedAt = at.toISOString();
  const time = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return {
    pipeline: pipeline.name,
    execution: `${pipeline.name}-${time}-${markOf(delivery)}`,
    objects: [{ uri: `s3://${bucket}/${key}`, ...(version === undefined ? {} : { version }) }],
    again: false,
    startedAt,
  };
}

/** What tells a delivery in the name of its execution. */
export const markOf = ({ bucket, key, version = '' }: Omit<Delivery, 'size' | 'at'>): string =>
  createHash('sha256').update(`${bucket}/${key}/${version}`).digest('hex').slice(0, 8);

/** The mark in the name of an execution, which may have a number behind it. */
export const markIn = (execution: string): string | undefined =>
  /Z-([0-9a-f]{8})(?:-\d+)?$/.exec(execution)?.[1];
