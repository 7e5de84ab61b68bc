/** Objects in S3. A URI is `s3://<bucket>/<key>`, with the key as it is: never URL-encoded, never a pattern. */

import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type ObjectIdentifier,
  type S3Client,
} from '@aws-sdk/client-s3';
import { UsageError } from '../../core/errors.ts';
import type { FileInfo, Files } from '../ports.ts';
import { ask, translated } from './aws-errors.ts';
import { copyObject } from './s3-copy.ts';
import { defaultParts, type Parts } from './s3-parts.ts';
import { folderOf, pinOf, placeOf, tagOf, uriOf, versionOf, type Place } from './s3-place.ts';
import { head, readObject } from './s3-read.ts';
import { uploadFile, writeObject } from './s3-write.ts';

/** Keys of one request to remove them. */
const REMOVED_AT_ONCE = 1000;

/**
 * The store of AWS. A version is `v=<version id>` where the bucket keeps versions, else `e=<ETag>`, and both are
 * understood; a listing tells the second. An older version is read as long as the bucket keeps it.
 *
 * The SDK tries again by itself, as the client is set up; what fails after that is a TransientError where a later try
 * may do, and a UsageError that names the permission or the bucket where none may.
 */
export function s3Files(client: S3Client, options: Partial<Parts> = {}): Files {
  const parts: Parts = { ...defaultParts, ...options };
  return Object.freeze({
    stat: (uri, version) => statOf(client, uri, version),
    read: (uri, options = {}) => readObject(client, uri, options, parts),
    write: (uri, content, options = {}) => writeObject(client, uri, content, options, parts),
    upload: (path, uri) => uploadFile(client, path, uri, parts),
    download: (uri, path) => download(client, uri, path, parts),
    copy: (from, to, options) => copyObject(client, from, to, options?.version, parts),
    list: (prefix) => list(client, prefix),
    async remove(uri) {
      await ask({ permission: 's3:DeleteObject', of: uri }, () =>
        client.send(new DeleteObjectCommand(placeOf(uri))),
      );
    },
    removeAll: (prefix) => removeAll(client, prefix),
  } satisfies Files);
}

async function statOf(
  client: S3Client,
  uri: string,
  version: string | undefined,
): Promise<FileInfo | undefined> {
  const byTag = version?.startsWith('e=');
  const found = await head(client, uri, byTag ? {} : pinOf(uri, version));
  if (found === undefined) return undefined;
  return Object.freeze({
    uri,
    size: found.ContentLength ?? 0,
    version: byTag ? tagOf(found.ETag) : versionOf(found),
  });
}

async function download(client: S3Client, uri: string, path: string, parts: Parts): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await ask({ permission: 's3:GetObject', of: uri }, () =>
      pipeline(readObject(client, uri, {}, parts), createWriteStream(path)),
    );
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** S3 lists in the order of UTF-8, which is that of the port. */
async function* list(client: S3Client, prefix: string): AsyncGenerator<FileInfo, void> {
  const { Bucket, Key: Prefix } = folderOf(prefix);
  let ContinuationToken: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await ask({ permission: 's3:ListBucket', of: prefix }, () =>
      // As text, a listing could not hold every key: XML has no form for some characters.
      client.send(new ListObjectsV2Command({ Bucket, Prefix, EncodingType: 'url', ContinuationToken })),
    );
    const nameOf = page.EncodingType === 'url' ? decoded : String;
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      yield Object.freeze({
        uri: uriOf({ Bucket, Key: nameOf(Key!) }),
        size: Size ?? 0,
        version: tagOf(ETag),
      });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

async function removeAll(client: S3Client, prefix: string): Promise<void> {
  const { Bucket, Key } = folderOf(prefix);
  if (Key === '')
    throw new UsageError(`${prefix} is a whole bucket; only a folder in it is removed at once.`);
  let batch: Place[] = [];
  for await (const { uri } of list(client, prefix)) {
    batch.push(placeOf(uri));
    if (batch.length < REMOVED_AT_ONCE) continue;
    await removeBatch(client, Bucket, batch);
    batch = [];
  }
  if (batch.length > 0) await removeBatch(client, Bucket, batch);
}

/** The answer may be that all went well, and name keys for which it did not. */
async function removeBatch(client: S3Client, Bucket: string, places: readonly Place[]): Promise<void> {
  const permission = 's3:DeleteObject';
  const Objects: ObjectIdentifier[] = places.map(({ Key }) => ({ Key }));
  const { Errors = [] } = await ask({ permission, of: uriOf(places[0]!) }, () =>
    client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
  );
  const [first] = Errors;
  if (first === undefined) return;
  const { Code = 'Error', Message = '', Key = '' } = first;
  const others = Errors.length === 1 ? '' : ` and ${Errors.length - 1} more`;
  const error = Object.assign(new Error(Message || `${Key} was not removed`), { name: Code });
  throw translated({ permission, of: `${uriOf({ Bucket, Key })}${others}` }, error);
}
