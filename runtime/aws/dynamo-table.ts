/** One table of DynamoDB: consistent reads, and writes that happen together or not at all. */

import { setTimeout } from 'node:timers/promises';
import {
  BatchGetCommand,
  GetCommand,
  paginateQuery,
  TransactWriteCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type QueryCommandInput,
  type TransactWriteCommandInput,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { TransientError } from '../../core/errors.ts';
import { ask, isNamed } from './aws-errors.ts';

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export type Item = ItemKey & Readonly<Record<string, unknown>>;

/** A change of one item; `when` is the condition without which none of the changes happens. */
export type Change =
  | { readonly put: Item; readonly when?: string }
  | { readonly remove: ItemKey }
  | ({ readonly update: ItemKey; readonly when: string } & Pick<
      UpdateCommandInput,
      'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >);

export interface DynamoTable {
  get(key: ItemKey): Promise<unknown>;
  /** The items of a key, in the order of their second one. */
  query(
    pk: string,
    options?: Pick<QueryCommandInput, 'ScanIndexForward' | 'Limit'>,
  ): AsyncGenerator<unknown, void>;
  /** The items of any number of keys that are there, in no order that means anything. */
  getAll(keys: readonly ItemKey[]): AsyncGenerator<unknown, void>;
  /** @returns false, having changed nothing, if a condition does not hold or others change the same items now. */
  change(...changes: readonly Change[]): Promise<boolean>;
}

/** Items of one request for many, and times that what it left out is asked for again. */
const READ_AT_ONCE = 100;
const READ_TRIES = 8;

export function dynamoTable(client: DynamoDBDocumentClient, TableName: string): DynamoTable {
  const asked = (action: string) => ({ permission: `dynamodb:${action}`, of: TableName });
  return Object.freeze({
    async get(Key) {
      const request = new GetCommand({ TableName, Key, ConsistentRead: true });
      return (await ask(asked('GetItem'), () => client.send(request))).Item;
    },
    async *query(pk, options = {}) {
      const request = {
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
        ...options,
      };
      const pages = paginateQuery({ client }, request);
      for (;;) {
        const page = await ask(asked('Query'), () => pages.next());
        if (page.done) return;
        yield* page.value.Items ?? [];
      }
    },
    async *getAll(keys) {
      for (let at = 0; at < keys.length; at += READ_AT_ONCE) {
        yield* getBatch(client, TableName, keys.slice(at, at + READ_AT_ONCE));
      }
    },
    async change(...changes) {
      const [only] = changes;
      try {
        if (changes.length === 1 && only && 'update' in only) {
          const { update: Key, when: ConditionExpression, ...rest } = only;
          const request = new UpdateCommand({ TableName, Key, ConditionExpression, ...rest });
          await ask(asked('UpdateItem'), () => client.send(request));
        } else {
          const request = new TransactWriteCommand({
            TransactItems: changes.map((one) => writeOf(TableName, one)),
          });
          await ask(asked('PutItem, UpdateItem, DeleteItem'), () => client.send(request));
        }
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException') || isLostRace(error)) return false;
        throw error;
      }
      return true;
    },
  } satisfies DynamoTable);
}

/** What an answer leaves out is asked for again, after a pause that grows. */
async function* getBatch(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly ItemKey[],
): AsyncGenerator<unknown, void> {
  let left: readonly unknown[] = keys;
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === READ_TRIES) {
      throw new TransientError(
        `${table} left ${left.length} items unread after ${tries} tries. Try again later.`,
      );
    }
    if (tries > 0) await pause(tries);
    const Keys = [...left] as Record<string, unknown>[];
    const request = new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
    const answer = await ask({ permission: 'dynamodb:BatchGetItem', of: table }, () => client.send(request));
    yield* answer.Responses?.[table] ?? [];
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
}

/** Grows from 20 ms to 2.5 s; the chance in it keeps those apart who met. */
export const pause = (tries: number): Promise<void> =>
  setTimeout(20 * 2 ** Math.min(tries, 7) * (0.5 + Math.random() / 2));

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

function writeOf(TableName: string, change: Change): Write {
  if ('remove' in change) return { Delete: { TableName, Key: change.remove } };
  if ('put' in change) {
    const condition = change.when === undefined ? {} : { ConditionExpression: change.when };
    return { Put: { TableName, Item: change.put, ...condition } };
  }
  const { update: Key, when: ConditionExpression, UpdateExpression, ...rest } = change;
  return { Update: { TableName, Key, ConditionExpression, UpdateExpression, ...rest } };
}

/** @throws TransientError for a transaction that was cancelled because the table is throttled. */
function isLostRace(error: unknown): boolean {
  if (!isNamed(error, 'TransactionCanceledException')) return false;
  const { CancellationReasons = [] } = error as {
    CancellationReasons?: readonly { readonly Code?: string }[];
  };
  const codes = CancellationReasons.map(({ Code }) => Code).filter(
    (code) => code !== undefined && code !== 'None',
  );
  if (codes.some((code) => code === 'ThrottlingError' || code === 'ProvisionedThroughputExceeded')) {
    throw new TransientError('The table of the ledger is throttled. Try again later.', { cause: error });
  }
  return (
    codes.length > 0 &&
    codes.every((code) => code === 'ConditionalCheckFailed' || code === 'TransactionConflict')
  );
}
