/** The buckets of sources, as the watchdog looks at them: what lies there, and since when. */

import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { Source } from '../core/sources/source.ts';
import { ask } from '../runtime/aws/aws-errors.ts';
import { placeOf, tagOf } from '../runtime/aws/s3-place.ts';
import type { Files } from '../runtime/ports.ts';

/** The newest version of an object. */
export interface Landed {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** `e=<ETag>`: a listing does not know version ids. */
  readonly tag: string;
  readonly at: Date;
}

export interface Landing {
  objects(below: Pick<Source, 'place' | 'prefix'>): AsyncIterable<Landed>;
  /** The version of an object as it is now; undefined where it is gone. */
  versionOf(object: Landed): Promise<string | undefined>;
}

/** @param uris the buckets: `s3://<bucket>`. */
export function s3Landing(
  client: S3Client,
  files: Pick<Files, 'stat'>,
  uris: Readonly<Record<Source['place'], string>>,
): Landing {
  return Object.freeze({
    async *objects({ place, prefix }) {
      const uri = uris[place];
      const { Bucket, Key: Prefix } = placeOf(`${uri}/${prefix}`);
      let ContinuationToken: string | undefined;
      do {
        const page: ListObjectsV2CommandOutput = await ask({ permission: 's3:ListBucket', of: uri }, () =>
          client.send(new ListObjectsV2Command({ Bucket, Prefix, EncodingType: 'url', ContinuationToken })),
        );
        const keyOf = page.EncodingType === 'url' ? decoded : String;
        for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
          yield { bucket: Bucket, key: keyOf(Key!), size: Size ?? 0, tag: tagOf(ETag), at: LastModified! };
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
    },
    async versionOf({ bucket, key }) {
      return (await files.stat(`s3://${bucket}/${key}`))?.version;
    },
  } satisfies Landing);
}

const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));
