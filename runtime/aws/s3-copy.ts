/** Copies that S3 makes by itself; no byte comes here. */

import { CopyObjectCommand, UploadPartCopyCommand, type S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { ask, isNamed, isTransient, statusOf } from './aws-errors.ts';
import { assemble } from './s3-multipart.ts';
import { partBytesFor, rangesOf, type Parts } from './s3-parts.ts';
import { changed, copySource, pinOf, placeOf } from './s3-place.ts';
import { head } from './s3-read.ts';

const COPY = 'sluice-copy';

/** A large object is copied by parts side by side, which is faster, and the only way above 5 GiB. */
export async function copyObject(
  client: S3Client,
  from: string,
  to: string,
  version: string | undefined,
  { copyBytes, inFlight }: Parts,
): Promise<void> {
  const pin = pinOf(from, version);
  const source = await head(client, from, pin);
  if (source === undefined) throw changed(from);
  const CopySource = copySource(placeOf(from), pin);
  const of = { CopySource, CopySourceIfMatch: source.ETag };
  const size = source.ContentLength ?? 0;
  await ask({ permission: 's3:GetObject, s3:PutObject', of: `${from}, ${to}` }, async () => {
    try {
      if (size <= copyBytes) {
        // Without its tags: to read and to write these takes permissions of their own.
        await client.send(new CopyObjectCommand({ ...placeOf(to), ...of, TaggingDirective: 'REPLACE' }));
      } else await copyParts(client, to, of, rangesOf(0, size, partBytesFor(size, copyBytes)), inFlight);
    } catch (error) {
      const isGone =
        [404, 412].includes(statusOf(error) ?? 0) && !isNamed(error, 'NoSuchBucket', 'NoSuchUpload');
      throw isGone && !isTransient(error as Error) ? changed(from, error) : error;
    }
  });
}

async function copyParts(
  client: S3Client,
  to: string,
  of: { readonly CopySource: string; readonly CopySourceIfMatch: string | undefined },
  parts: Iterable<readonly [number, number]>,
  inFlight: number,
): Promise<void> {
  const token = randomUUID();
  await assemble(client, {
    place: placeOf(to),
    create: { Metadata: { [COPY]: token } },
    onlyIfAbsent: false,
    parts,
    inFlight,
    async send([first, end], target, abortSignal) {
      const part = { ...target, ...of, CopySourceRange: `bytes=${first}-${end - 1}` };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part), { abortSignal });
      return { ETag: CopyPartResult?.ETag };
    },
    isMade: async () => (await head(client, to, {}))?.Metadata?.[COPY] === token,
  });
}
