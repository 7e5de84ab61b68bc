import { describe, expect, test } from 'vitest';
import { ObjectChangedError, TransientError, UsageError } from '../../../core/errors.ts';
import { ask, isNamed } from '../../../runtime/aws/aws-errors.ts';

const asked = { permission: 's3:GetObject', of: 's3://lake/a' };
const failing = (name: string, more: object = {}): Error =>
  Object.assign(new Error('in words.'), { name, ...more });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

describe('an error of AWS', () => {
  test.each([
    ['SlowDown', {}],
    ['ThrottlingException', status(400)],
    ['KMS.ThrottlingException', status(400)],
    ['TooManyRequestsException', {}],
    ['ProvisionedThroughputExceededException', status(400)],
    ['RequestTimeout', status(400)],
    ['ExpiredTokenException', status(400)],
    ['Anything', status(500)],
    ['Anything', status(504)],
    ['Anything', status(429)],
    ['Error', { code: 'ECONNRESET' }],
    ['Error', { code: 'EAI_AGAIN' }],
    ['Error', { code: 'ENOSPC' }],
  ])('may pass: %s %o', async (name, more) => {
    const cause = failing(name, more);
    const error: unknown = await ask(asked, () => Promise.reject(cause)).catch((error: unknown) => error);
    expect(error).toEqual(
      new TransientError(`s3:GetObject of s3://lake/a failed: ${name} (in words). Try again later.`),
    );
    expect(error).toHaveProperty('cause', cause);
  });

  test.each([
    ['AccessDenied', status(403)],
    ['SomethingElse', status(403)],
    ['KMS.AccessDeniedException', status(400)],
    ['NoSuchBucket', status(404)],
    ['ResourceNotFoundException', status(400)],
  ])('is for whoever set it up: %s %o', async (name, more) => {
    const error: unknown = await ask(asked, () => Promise.reject(failing(name, more))).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain('s3://lake/a');
  });

  test.each([
    failing('ValidationException', status(400)),
    failing('PreconditionFailed', status(412)),
    new ObjectChangedError('gone'),
    new TransientError('known already'),
    new TypeError('a bug'),
    'no error at all',
    undefined,
  ])('stays what it is where nothing is known of it: %s', async (error) => {
    await expect(ask(asked, () => Promise.reject(error))).rejects.toBe(error);
  });
});

test('where one may not ask what is there, what is not there is refused too', async () => {
  const without = '; without s3:ListBucket an object that is not there is refused so, too.';
  for (const [permission, end] of [
    ['s3:GetObject', without],
    ['s3:GetObjectVersion', without],
    ['s3:PutObject', '.'],
  ] as const) {
    const refused = ask({ permission, of: 's3://lake/a' }, () => Promise.reject(failing('AccessDenied')));
    await expect(refused).rejects.toThrow(
      new UsageError(
        `${permission} of s3://lake/a was refused: AccessDenied (in words). Give this role the permission ${permission} on it, ` +
          `and its key's kms:Decrypt and kms:GenerateDataKey where it has a key${end}`,
      ),
    );
  }
});

test('only an error has the name of one', () => {
  expect(isNamed(failing('NoSuchKey'), 'InvalidRange', 'NoSuchKey')).toBe(true);
  for (const thrown of [failing('NoSuchKeys'), { name: 'NoSuchKey' }, 'NoSuchKey', undefined])
    expect(isNamed(thrown, 'InvalidRange', 'NoSuchKey')).toBe(false);
});
