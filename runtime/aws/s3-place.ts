/** Where an object is in S3, and which version of it: between the words of the ports and those of the SDK. */

import { ObjectChangedError, UsageError } from '../../core/errors.ts';

export interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** What a request says to mean one version and no other. */
export type Pin = { readonly VersionId?: string; readonly IfMatch?: string };

/** The key is everything after the bucket's slash, as it is: a URI here is data and is not URL-encoded. */
export function placeOf(uri: string): Place {
  const place = prefixOf(uri);
  if (place.Key !== '') return place;
  throw new UsageError(`${JSON.stringify(uri)} names a bucket and no object in it.`);
}

/** @throws UsageError if it is not the URI of a folder, or of a whole bucket. */
export function folderOf(prefix: string): Place {
  if (prefix.endsWith('/')) return prefixOf(prefix);
  throw new UsageError(`${JSON.stringify(prefix)} is not the prefix of a folder: one ends with a slash.`);
}

function prefixOf(uri: string): Place {
  const found = /^s3:\/\/([^/]+)\/([^]*)$/.exec(uri);
  if (found) return { Bucket: found[1]!, Key: found[2]! };
  throw new UsageError(`${JSON.stringify(uri)} is not the URI of an object in S3: s3://<bucket>/<key>.`);
}

export const uriOf = ({ Bucket, Key }: Place): string => `s3://${Bucket}/${Key}`;

/** `v=<VersionId>` where the bucket keeps versions, else `e=<ETag>`; both change whenever the bytes do. */
export function versionOf(of: {
  readonly VersionId?: string | undefined;
  readonly ETag?: string | undefined;
}): string {
  return keepsVersions(of.VersionId) ? `v=${of.VersionId}` : tagOf(of.ETag);
}

export const tagOf = (etag: string | undefined): string => `e=${(etag ?? '').replaceAll('"', '')}`;

/** The version `null` is of a bucket that keeps none, or none any more: the next object takes its place. */
const keepsVersions = (id: string | undefined): id is string =>
  id !== undefined && id !== 'null' && id !== '';

/** @throws UsageError if the text is not one that `versionOf` makes. */
export function pinOf(uri: string, version: string | undefined): Pin {
  if (version === undefined) return {};
  if (/^v=./.test(version)) return { VersionId: version.slice(2) };
  if (/^e=./.test(version)) return { IfMatch: `"${version.slice(2)}"` };
  throw new UsageError(
    `${JSON.stringify(version)} is not a version of ${uri}: those are v=<version id> and e=<ETag>.`,
  );
}

/** Bound to the bytes that an answer told of. By their tag: to name a version takes a permission of its own. */
export const boundTo = (pin: Pin, { ETag }: { readonly ETag?: string | undefined }): Pin =>
  ETag === undefined ? pin : { ...pin, IfMatch: ETag };

/** The header of a copy's source, which the SDK sends as it is given. */
export function copySource({ Bucket, Key }: Place, { VersionId }: Pin): string {
  const path = [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
  return VersionId === undefined ? path : `${path}?versionId=${encodeURIComponent(VersionId)}`;
}

export const changed = (uri: string, cause?: unknown): ObjectChangedError =>
  new ObjectChangedError(
    `${uri} is no longer what the run was started for: it was changed or removed. Run it again.`,
    { cause },
  );
