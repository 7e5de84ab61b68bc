/** What the steps of a pipeline read beside its objects: secrets that they name, and what rows are joined with. */

import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { DefinitionError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { literally } from './literally.ts';

export interface StepNeeds {
  /** ARNs of secrets. */
  readonly secrets: readonly string[];
  /** Prefixes of tables in the lake, as patterns. */
  readonly tables: readonly string[];
  /** ARNs of single objects, in buckets of the user. */
  readonly objects: readonly string[];
}

const S3 = 's3://';

/** @throws DefinitionError for rows that are joined with a file which no function could read. */
export function stepNeeds(stack: Stack, environment: string, pipeline: Pipeline): StepNeeds {
  const { steps } = pipeline.rows;
  const names = new Set(steps.flatMap((step) => step.functions ?? []).flatMap(({ secrets }) => [...secrets]));
  const references = steps.flatMap((step) => step.references ?? []).map(({ reference }) => reference);
  return {
    secrets: Array.from(names, (name) =>
      stack.formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        // Secrets Manager puts a dash and six signs of its own behind each name.
        resourceName: `sluice/${environment}/${name}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ),
    tables: references.flatMap((one) => (one.kind === 'table' ? [`lake/${one.table}/*`] : [])),
    objects: references.flatMap((one) =>
      one.kind === 'file' ? [objectArn(stack, pipeline.name, one.uri)] : [],
    ),
  };
}

function objectArn(stack: Stack, pipeline: string, uri: string): string {
  if (!uri.startsWith(S3)) {
    throw new DefinitionError(
      `Pipeline ${JSON.stringify(pipeline)} joins with ${uri}, a path, which no function on AWS can read. Put the file into a ` +
        'bucket and give its s3:// address, or deploy the pipelines without this one.',
    );
  }
  return `arn:${stack.partition}:s3:::${literally(uri.slice(S3.length))}`;
}
