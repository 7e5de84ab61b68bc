/** Secrets on AWS: asked for once, never told, and what is missing said with what to do. */

import { inspect } from 'node:util';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, afterEach, describe, expect, test, vi } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { secretsOf } from '../../../runtime/aws/secrets.ts';
import { awsWorld } from '../../../runtime/aws/world.ts';

const VALUE = 'a-key-that-nobody-must-see';
const manager = mockClient(SecretsManagerClient);
const failing = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
const failureOf = (asked: Promise<string>): Promise<Error> =>
  asked.then(String as never, (error: Error) => error);
const asked = (): unknown[] => manager.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  manager.reset();
  vi.stubEnv('AWS_REGION', 'us-east-1');
});
afterEach(() => vi.unstubAllEnvs());

describe('a secret of AWS', () => {
  test('is asked for once for all that need it, by its name in the environment', async () => {
    manager.on(GetSecretValueCommand).resolves({ SecretString: VALUE });
    const secret = secretsOf('prod');
    expect(await Promise.all([secret('KEY'), secret('KEY'), secret('OTHER')])).toEqual([VALUE, VALUE, VALUE]);
    expect(await secret('KEY')).toBe(VALUE);
    expect(asked()).toEqual([{ SecretId: 'sluice/prod/KEY' }, { SecretId: 'sluice/prod/OTHER' }]);
  });

  test.each([
    [
      'is not there',
      failing('ResourceNotFoundException', "Secrets Manager can't find the specified secret."),
      UsageError,
      /sluice\/dev\/KEY, .*is not there.*aws secretsmanager create-secret --name sluice\/dev\/KEY --secret-string/,
    ],
    [
      'waits for its deletion',
      failing('InvalidRequestException', 'The secret was marked for deletion.'),
      UsageError,
      /sluice\/dev\/KEY.*marked for deletion.*restore-secret/,
    ],
    [
      'may not be read',
      failing('AccessDeniedException', 'Access to KMS is not allowed'),
      UsageError,
      /secretsmanager:GetSecretValue of sluice\/dev\/KEY was refused.*Access to KMS.*kms:Decrypt/,
    ],
    [
      'is throttled',
      failing('ThrottlingException', 'Rate exceeded'),
      TransientError,
      /secretsmanager:GetSecretValue of sluice\/dev\/KEY failed.*Rate exceeded.*Try again/,
    ],
  ])('that %s is said so, and asked for again by the next try', async (_what, error, kind, words) => {
    manager.on(GetSecretValueCommand).rejectsOnce(error).resolves({ SecretString: VALUE });
    const secret = secretsOf('dev');
    const failure = await failureOf(secret('KEY'));
    expect(failure).toBeInstanceOf(kind);
    expect(failure.message).toMatch(words);
    expect(await secret('KEY')).toBe(VALUE);
  });

  test('of bytes is none', async () => {
    manager.on(GetSecretValueCommand).resolves({ SecretBinary: Buffer.from(VALUE) });
    const failure = await failureOf(secretsOf('dev')('KEY'));
    expect(failure).toBeInstanceOf(UsageError);
    expect(failure.message).toMatch(/holds bytes.*put-secret-value --secret-id sluice\/dev\/KEY/);
    expect(inspect(failure, { depth: null })).not.toContain(VALUE);
  });

  test('stands in no log, and in nothing that the world shows', async () => {
    manager.on(GetSecretValueCommand).resolves({ SecretString: VALUE });
    const told: unknown[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => told.push(text) > 0);
    }
    for (const word of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, word).mockImplementation((...words) => void told.push(...words));
    }
    const world = awsWorld({
      SLUICE_ENV: 'dev',
      SLUICE_LAKE: 's3://lake',
      SLUICE_QUARANTINE: 's3://quarantine',
      SLUICE_WORK: 's3://work',
      SLUICE_LEDGER: 'ledger',
    });
    const value = await world.secret('KEY');
    vi.restoreAllMocks();
    expect(value).toBe(VALUE);
    expect(inspect([told, world, process.env], { depth: 8, showHidden: true })).not.toContain(VALUE);
  });
});
