/** Errors of AWS, told apart by what may help: another try, a permission, or nothing. */

import { TransientError, UsageError } from '../../core/errors.ts';

/** What was asked of AWS, for the words of an error. */
export interface Asked {
  /** The permission that it needs, as in a policy: `s3:GetObject`. */
  readonly permission: string;
  /** Of what: the URI of an object or a folder, or the name of a table or topic. */
  readonly of: string;
}

const throttled =
  /^(SlowDown|TooManyRequests.*|.*Throttl.*|RequestLimitExceeded|ProvisionedThroughputExceeded.*|BandwidthLimitExceeded)$/;

const passing = new Set([
  'InternalError',
  'InternalServerError',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'OperationAborted',
  'ConditionalRequestConflict',
  'TransactionInProgressException',
  'TransactionConflictException',
  'ExpiredToken',
  'ExpiredTokenException',
]);

/** Of the network, and of the folder that objects are brought to. */
const broken = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ENOSPC',
  'EMFILE',
]);

const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AllAccessDisabled',
  'KMS.AccessDeniedException',
]);
const missing = new Set(['NoSuchBucket', 'ResourceNotFoundException', 'NotFoundException']);

/** Asks AWS; its errors become the project's, where a caller can act on them, and stay as they are elsewhere. */
export async function ask<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(asked, error);
  }
}

export function translated({ permission, of }: Asked, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const words = wordsOf(error);
  const options = { cause: error };
  if (isTransient(error)) {
    const { attempts } = metadataOf(error);
    const tried = attempts === undefined || attempts < 2 ? '' : ` after ${attempts} tries`;
    return new TransientError(`${permission} of ${of} failed${tried}: ${words}. Try again later.`, options);
  }
  if (missing.has(error.name)) {
    return new UsageError(`${of} is not there: ${words}. Deploy its stack, or correct the name.`, options);
  }
  if (denied.has(error.name) || statusOf(error) === 403) {
    return new UsageError(
      `${permission} of ${of} was refused: ${words}. Give this role the permission ${permission} on it, and its key's ` +
        'kms:Decrypt and kms:GenerateDataKey where it has a key' +
        (permission.startsWith('s3:GetObject')
          ? '; without s3:ListBucket an object that is not there is refused so, too.'
          : '.'),
      options,
    );
  }
  return error;
}

/** Whether a later try may do, after those that the SDK has made. */
export function isTransient(error: Error): boolean {
  const status = statusOf(error);
  return (
    throttled.test(error.name) ||
    passing.has(error.name) ||
    ('code' in error && broken.has(String(error.code))) ||
    (status !== undefined && (status >= 500 || status === 429 || status === 408))
  );
}

/** The HTTP status of an answer, as far as there was one. */
export const statusOf = (error: unknown): number | undefined => metadataOf(error).httpStatusCode;

export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

function metadataOf(error: unknown): { readonly httpStatusCode?: number; readonly attempts?: number } {
  return (
    (error as { $metadata?: { httpStatusCode?: number; attempts?: number } } | undefined)?.$metadata ?? {}
  );
}

const wordsOf = ({ name, message }: Error): string =>
  message === '' || message === name || message === 'UnknownError'
    ? name
    : `${name} (${message.replace(/\.$/, '')})`;
