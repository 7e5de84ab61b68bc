/** A table of DynamoDB in memory, in the place of the SDK's calls: with the conditions and the limits that a ledger meets. */

import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { onTestFinished } from 'vitest';

type Item = Record<string, unknown>;
type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
/** What is to happen to a call: nothing, an error in the place of an answer, or `lost`: done, and not answered. */
export type DynamoFault = (command: string, input: unknown) => Error | 'lost' | undefined;

export interface FakeDynamo {
  readonly client: DynamoDBDocumentClient;
  readonly items: Map<string, Item>;
  /** The names of the commands that were sent. */
  readonly calls: string[];
  fault: DynamoFault;
  /** Keys of one request for many that are answered; the others are left unprocessed. */
  answered: number;
}

const LARGEST = 400 * 1024;
const PAGE = 2;

export const dynamoError = (name: string, more: object = {}): Error =>
  Object.assign(new Error(`it is ${name}`), {
    name,
    $metadata: { httpStatusCode: 400, attempts: 3 },
    ...more,
  });

export function fakeDynamo(): FakeDynamo {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
  const mock = mockClient(client);
  onTestFinished(() => mock.restore());
  const items = new Map<string, Item>();
  const fake: FakeDynamo = { client, items, calls: [], fault: () => undefined, answered: 100 };
  const on =
    <I, O>(command: string, serve: (input: I) => O) =>
    async (input: I): Promise<O> => {
      fake.calls.push(command);
      const fault = fake.fault(command, input);
      if (fault instanceof Error) throw fault;
      const output = serve(input);
      if (fault === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return output;
    };
  mock.on(GetCommand).callsFake(on('Get', ({ Key }: { Key: Item }) => ({ Item: items.get(keyOf(Key)) })));
  mock.on(QueryCommand).callsFake(on('Query', (input: QueryInput) => query(items, input)));
  mock.on(BatchGetCommand).callsFake(
    on('BatchGet', ({ RequestItems }: { RequestItems: Record<string, { Keys: Item[] }> }) => {
      const [[table, { Keys }]] = Object.entries(RequestItems) as [[string, { Keys: Item[] }]];
      const left = Keys.slice(fake.answered);
      const found = Keys.slice(0, fake.answered).flatMap((key) => items.get(keyOf(key)) ?? []);
      return {
        Responses: { [table]: found },
        UnprocessedKeys: left.length === 0 ? {} : { [table]: { Keys: left } },
      };
    }),
  );
  mock.on(UpdateCommand).callsFake(
    on('Update', (Update: NonNullable<Write['Update']>) => {
      if (!isAllowed(items, { Update })) throw dynamoError('ConditionalCheckFailedException');
      apply(items, { Update });
    }),
  );
  mock.on(TransactWriteCommand).callsFake(
    on('TransactWrite', ({ TransactItems }: { TransactItems: readonly Write[] }) => {
      const codes = TransactItems.map((write) =>
        isAllowed(items, write) ? 'None' : 'ConditionalCheckFailed',
      );
      if (codes.some((code) => code !== 'None')) throw cancelled(...codes);
      for (const write of TransactItems) apply(items, write);
    }),
  );
  return fake;
}

export const cancelled = (...codes: readonly string[]): Error =>
  dynamoError('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) });

interface QueryInput {
  readonly ExpressionAttributeValues: { readonly ':pk': string };
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
}

/** Two items an answer, so that every query of more has several. */
function query(items: ReadonlyMap<string, Item>, input: QueryInput): object {
  const { ScanIndexForward = true, ExclusiveStartKey, Limit = PAGE } = input;
  if (Limit < 1) throw dynamoError('ValidationException');
  const sorted = [...items.values()]
    .filter(({ pk }) => pk === input.ExpressionAttributeValues[':pk'])
    .toSorted((a, b) => (String(a['sk']) < String(b['sk']) ? -1 : 1) * (ScanIndexForward ? 1 : -1));
  const from = ExclusiveStartKey ? sorted.findIndex(({ sk }) => sk === ExclusiveStartKey['sk']) + 1 : 0;
  const Items = sorted.slice(from, from + Math.min(PAGE, Limit));
  const last = Items.at(-1);
  return from + Items.length < sorted.length && last
    ? { Items, LastEvaluatedKey: { pk: last['pk'], sk: last['sk'] } }
    : { Items };
}

function isAllowed(items: ReadonlyMap<string, Item>, { Put, Update }: Write): boolean {
  const { ConditionExpression = '', ExpressionAttributeNames = {} } = Put ?? Update ?? {};
  const there = items.get(keyOf(Put?.Item ?? Update?.Key ?? {}));
  return ConditionExpression.split(' AND ')
    .filter((words) => words !== '')
    .every((words) => {
      const [, which, name] = /^(attribute_exists|attribute_not_exists)\(([#\w]+)\)$/.exec(words)!;
      const isThere = there?.[ExpressionAttributeNames[name!] ?? name!] !== undefined;
      return isThere === (which === 'attribute_exists');
    });
}

function apply(items: Map<string, Item>, { Put, Update, Delete }: Write): void {
  if (Delete) items.delete(keyOf(Delete.Key!));
  if (Put) keep(items, Put.Item!);
  if (!Update) return;
  const [, name, value] = /^SET (#\w+) = (:\w+)$/.exec(Update.UpdateExpression!)!;
  const there = items.get(keyOf(Update.Key!)) ?? Update.Key!;
  keep(items, {
    ...there,
    [Update.ExpressionAttributeNames![name!]!]: Update.ExpressionAttributeValues![value!],
  });
}

function keep(items: Map<string, Item>, item: Item): void {
  const bytes = Object.entries(item).reduce((sum, [name, value]) => sum + name.length + sizeOf(value), 0);
  if (bytes > LARGEST)
    throw dynamoError('ValidationException', { message: 'Item size has exceeded the maximum' });
  items.set(keyOf(item), item);
}

const sizeOf = (value: unknown): number =>
  value instanceof Uint8Array
    ? value.length
    : Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));

const keyOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);
