/** Secrets of AWS: texts in Secrets Manager, asked for once and kept in the memory of the process alone. */

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { UsageError } from '../../core/errors.ts';
import { ask, isNamed } from './aws-errors.ts';
import { patience } from './clients.ts';

/** What a secret that a definition names is called in Secrets Manager; the permission is for exactly this name. */
export const secretId = (environment: string, name: string): string => `sluice/${environment}/${name}`;

/**
 * The secrets of an environment.
 * @throws UsageError for one that is not there, may not be read or is no text, never with a value; TransientError where
 * a later try may do.
 */
export function secretsOf(environment: string, client: SecretsManagerClient = newClient()) {
  const known = new Map<string, Promise<string>>();
  return (name: string): Promise<string> => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const asked = fetchSecret(client, secretId(environment, name));
    known.set(name, asked);
    // What failed is asked for again: the function that tries again may do so in the same process.
    asked.catch(() => known.delete(name));
    return asked;
  };
}

/** Tries as often as the other clients do; what is asked for is small, so that less time is given to its answer. */
const newClient = (): SecretsManagerClient =>
  new SecretsManagerClient({
    ...patience,
    requestHandler: { ...patience.requestHandler, socketTimeout: 10_000 },
  });

async function fetchSecret(client: SecretsManagerClient, SecretId: string): Promise<string> {
  const { SecretString } = await ask({ permission: 'secretsmanager:GetSecretValue', of: SecretId }, () =>
    client.send(new GetSecretValueCommand({ SecretId })).catch((error: unknown) => {
      throw isAbsent(error) ? absent(SecretId, error as Error) : error;
    }),
  );
  if (SecretString !== undefined) return SecretString;
  throw new UsageError(
    `The secret ${SecretId} holds bytes, and a key is a text. Write one: ` +
      `aws secretsmanager put-secret-value --secret-id ${SecretId} --secret-string ${NEW_KEY}`,
  );
}

/** 64 digits by chance, made by the shell in which it is pasted. */
const NEW_KEY = '"$(openssl rand -hex 32)"';

/** One that waits for its deletion is refused as a request that cannot be. */
const isAbsent = (error: unknown): boolean =>
  isNamed(error, 'ResourceNotFoundException', 'InvalidRequestException');

const absent = (SecretId: string, cause: Error): UsageError =>
  new UsageError(
    `The secret ${SecretId}, which the definition names, is not there: ${cause.name} (${cause.message}). Create it in the ` +
      `account and region of the pipeline: aws secretsmanager create-secret --name ${SecretId} --secret-string ${NEW_KEY}, ` +
      'or bring back one that waits for its deletion by aws secretsmanager restore-secret.',
    { cause },
  );
