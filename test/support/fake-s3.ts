/** S3 in memory behind the SDK's own HTTP: what is sent and what comes back can be lost, broken or refused by a test. */

import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

export interface Request {
  readonly method: string;
  /** `s3://bucket/key`. */
  readonly uri: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** What it does, as the permission for it is called, and `UploadPart`, `Complete`, … for the steps of an upload. */
  readonly action: string;
}

export interface Answer {
  readonly statusCode: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | Readable;
}

/** What is to happen to a request: nothing, an answer in the place of the store's, or `lost`: done, and not answered. */
export type Fault = (request: Request) => Answer | Error | 'lost' | undefined;

interface Stored {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FakeS3 {
  readonly client: S3Client;
  readonly objects: Map<string, Stored>;
  readonly requests: Request[];
  /** Uploads that were begun, and neither completed nor aborted. */
  readonly uploads: ReadonlyMap<string, unknown>;
  fault: Fault;
}

export const xmlError = (statusCode: number, code: string): Answer => ({
  statusCode,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>it is ${code}</Message></Error>`,
});

export const lostConnection = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

export function fakeS3(config: S3ClientConfig = {}): FakeS3 {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Upload>();
  const requests: Request[] = [];
  const fake: FakeS3 = {
    objects,
    uploads,
    requests,
    fault: () => undefined,
    client: new S3Client({
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      endpoint: 'http://store.invalid',
      forcePathStyle: true,
      maxAttempts: 2,
      ...config,
      requestHandler: {
        handle: async (given: HttpRequest) => {
          const request = await requestOf(given);
          requests.push(request);
          const fault = fake.fault(request);
          if (fault instanceof Error) throw fault;
          const answer = fault === undefined || fault === 'lost' ? serve(objects, uploads, request) : fault;
          if (fault === 'lost') throw lostConnection();
          const { statusCode, headers = {}, body = '' } = answer;
          const stream = body instanceof Readable ? body : Readable.from([Buffer.from(body)]);
          return { response: { statusCode, headers, body: stream } };
        },
      } as unknown as NonNullable<S3ClientConfig['requestHandler']>,
    }),
  };
  return fake;
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

interface Upload {
  readonly uri: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

async function requestOf({ method, path, query = {}, headers, body = '' }: HttpRequest): Promise<Request> {
  const uri = `s3:/${path.split('/').map(decodeURIComponent).join('/')}`;
  const request = { method, uri, query, headers, body: Buffer.from(body) };
  return { ...request, action: actionOf(request) };
}

function actionOf({ method, query, headers }: Omit<Request, 'action'>): string {
  if ('uploads' in query) return 'CreateUpload';
  if ('partNumber' in query) return headers['x-amz-copy-source'] ? 'UploadPartCopy' : 'UploadPart';
  if ('uploadId' in query) return method === 'POST' ? 'Complete' : 'Abort';
  if ('delete' in query) return 'DeleteObjects';
  if ('list-type' in query) return 'ListBucket';
  if (headers['x-amz-copy-source']) return 'CopyObject';
  return { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ?? method;
}

function serve(objects: Map<string, Stored>, uploads: Map<string, Upload>, request: Request): Answer {
  const { uri, query, headers, body } = request;
  const stored = objects.get(uri);
  const put = (bytes: Buffer, metadata = metadataOf(headers)): string => {
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    objects.set(uri, { bytes, metadata, etag });
    return etag;
  };
  const isTaken = headers['if-none-match'] === '*' && stored !== undefined;
  const upload = uploads.get(query['uploadId'] ?? '');
  switch (request.action) {
    case 'HeadObject':
    case 'GetObject':
      return get(stored, headers, request.action === 'GetObject');
    case 'PutObject':
      return isTaken ? xmlError(412, 'PreconditionFailed') : ok('', { etag: put(body) });
    case 'DeleteObject':
      objects.delete(uri);
      return { statusCode: 204 };
    case 'DeleteObjects': {
      for (const [, key] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g))
        objects.delete(`${uri}${unescaped(key!)}`);
      return ok('<DeleteResult/>');
    }
    case 'ListBucket':
      return list(objects, uri, query);
    case 'CopyObject': {
      const source = objects.get(sourceOf(headers));
      const refused = get(source, { 'if-match': headers['x-amz-copy-source-if-match'] ?? '' }, false);
      if (refused.statusCode !== 200) return xmlError(refused.statusCode, 'Refused');
      return ok(`<CopyObjectResult><ETag>${put(source!.bytes, source!.metadata)}</ETag></CopyObjectResult>`);
    }
    case 'CreateUpload': {
      const id = randomUUID();
      uploads.set(id, { uri, metadata: metadataOf(headers), parts: new Map() });
      return ok(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    case 'Abort':
      uploads.delete(query['uploadId']!);
      return { statusCode: 204 };
  }
  if (upload === undefined) return xmlError(404, 'NoSuchUpload');
  if (request.action === 'Complete') {
    if (isTaken) return xmlError(412, 'PreconditionFailed');
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes);
    put(Buffer.concat(parts), upload.metadata);
    uploads.delete(query['uploadId']!);
    return ok('<CompleteMultipartUploadResult/>');
  }
  const [first, last] = (headers['x-amz-copy-source-range'] ?? '')
    .replace('bytes=', '')
    .split('-')
    .map(Number);
  const part =
    request.action === 'UploadPart' ? body : objects.get(sourceOf(headers))!.bytes.subarray(first, last! + 1);
  upload.parts.set(Number(query['partNumber']), part);
  const etag = `"part-${query['partNumber']}"`;
  return ok(`<CopyPartResult><ETag>${etag}</ETag></CopyPartResult>`, { etag });
}

const ok = (body: string | Uint8Array, headers: Record<string, string> = {}): Answer => ({
  statusCode: 200,
  headers,
  body,
});

function get(
  stored: Stored | undefined,
  headers: Readonly<Record<string, string>>,
  hasBody: boolean,
): Answer {
  if (stored === undefined) return hasBody ? xmlError(404, 'NoSuchKey') : { statusCode: 404 };
  if (headers['if-match'] && headers['if-match'] !== stored.etag) {
    return hasBody ? xmlError(412, 'PreconditionFailed') : { statusCode: 412 };
  }
  const size = stored.bytes.length;
  const [from, last] = /^bytes=(\d+)-(\d+)$/
    .exec(headers['range'] ?? '')
    ?.slice(1)
    .map(Number) ?? [0, size - 1];
  if (headers['range'] && from! >= size) return xmlError(416, 'InvalidRange');
  const bytes = stored.bytes.subarray(from, last! + 1);
  const metadata = Object.entries(stored.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    statusCode: headers['range'] ? 206 : 200,
    headers: {
      etag: stored.etag,
      'content-length': String(bytes.length),
      ...(headers['range'] ? { 'content-range': `bytes ${from}-${from! + bytes.length - 1}/${size}` } : {}),
      ...Object.fromEntries(metadata),
    },
    body: hasBody ? bytes : '',
  };
}

/** Two objects an answer, so that every listing has several. */
function list(objects: Map<string, Stored>, uri: string, query: Readonly<Record<string, string>>): Answer {
  const found = [...objects]
    .map(([name, stored]) => ({ key: name.slice(uri.length), stored, isHere: name.startsWith(uri) }))
    .filter(({ key, isHere }) => isHere && key.startsWith(query['prefix'] ?? ''))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const from = Number(query['continuation-token'] ?? 0);
  const entries = found
    .slice(from, from + 2)
    .map(
      ({ key, stored: { bytes, etag } }) =>
        `<Contents><Key>${encodeURIComponent(key).replaceAll('%20', '+').replaceAll("'", '%27')}</Key>` +
        `<Size>${bytes.length}</Size><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Contents>`,
    );
  const isCut = from + 2 < found.length;
  return ok(
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${isCut}</IsTruncated>` +
      `${isCut ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : ''}${entries.join('')}</ListBucketResult>`,
  );
}

const sourceOf = (headers: Readonly<Record<string, string>>): string =>
  `s3://${headers['x-amz-copy-source']!.split('/').map(decodeURIComponent).join('/')}`;

const metadataOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith('x-amz-meta-'))
      .map(([name, value]) => [name.slice('x-amz-meta-'.length), value]),
  );

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
