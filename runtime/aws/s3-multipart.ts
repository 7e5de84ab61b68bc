/** An object made of parts: it appears when all are there, or not at all. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ask, statusOf, type Asked } from './aws-errors.ts';
import { uriOf, type Place } from './s3-place.ts';
import { sideBySide } from './side-by-side.ts';

export interface Assembly<P> {
  readonly place: Place;
  readonly create: Omit<CreateMultipartUploadCommandInput, 'Bucket' | 'Key'>;
  readonly onlyIfAbsent: boolean;
  readonly parts: Iterable<P> | AsyncIterable<P>;
  readonly inFlight: number;
  send(part: P, to: PartTarget, signal: AbortSignal): Promise<Omit<CompletedPart, 'PartNumber'>>;
  /** Whether the object that is there was made by this assembly: asked where its completion gave no clear answer. */
  isMade(): Promise<boolean>;
}

export interface PartTarget extends Place {
  readonly UploadId: string;
  readonly PartNumber: number;
}

/**
 * Brings the parts side by side. What fails leaves no part behind, but where S3 cannot be told so: the bucket's
 * lifecycle has to abort what is left.
 * @returns false, with nothing made, if `onlyIfAbsent` is set and an object is there.
 */
export async function assemble<P>(client: S3Client, assembly: Assembly<P>): Promise<boolean> {
  const { place, create, onlyIfAbsent } = assembly;
  const asked: Asked = { permission: 's3:PutObject', of: uriOf(place) };
  const created = await ask(asked, () =>
    client.send(new CreateMultipartUploadCommand({ ...place, ...create })),
  );
  const upload = { ...place, UploadId: created.UploadId! };
  const abort = () => client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
  let Parts: CompletedPart[];
  try {
    Parts = await ask(asked, () => sendAll(assembly, upload));
  } catch (error) {
    await abort();
    throw error;
  }
  const condition = onlyIfAbsent ? { IfNoneMatch: '*' } : {};
  try {
    const complete = new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts },
      ...condition,
    });
    await ask(asked, () => client.send(complete));
  } catch (error) {
    // From here on it cannot be completed any more: that it is there now says that it was.
    await abort();
    const isTaken = onlyIfAbsent && statusOf(error) === 412;
    const isMade = await assembly.isMade().catch((untold: unknown) => {
      throw isTaken ? untold : error;
    });
    if (isMade) return true;
    if (isTaken) return false;
    throw error;
  }
  return true;
}

async function sendAll<P>(
  { parts, inFlight, send }: Assembly<P>,
  upload: Place & { readonly UploadId: string },
): Promise<CompletedPart[]> {
  let last = 0;
  return Array.fromAsync(
    sideBySide(parts, inFlight, async (part, signal) => {
      const PartNumber = ++last;
      return { ...(await send(part, { ...upload, PartNumber }, signal)), PartNumber };
    }),
  );
}
