/** The name of an execution belongs to one delivery: another that came to it goes by the next name that is free. */

import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { executionsOf } from '../../../runtime/aws/executions.ts';
import { startSchema, type Start } from '../../../runtime/values.ts';

const sfn = mockClient(SFNClient);
beforeEach(() => {
  sfn.reset();
});
const machine = 'arn:aws:states:eu-west-1:1:stateMachine:shop';
const executions = executionsOf(new SFNClient({ region: 'eu-west-1' }), machine);
const start = startOf('v=1');
const exists = new ExecutionAlreadyExists({ message: 'there', $metadata: {} });

function startOf(version: string): Start {
  return startSchema.parse({
    pipeline: 'shop',
    execution: 'shop-1',
    startedAt: '2026-11-21T10:00:00.000Z',
    objects: [{ uri: 's3://landing/shop/a.csv', version }],
  });
}

/** What stands under the name: nothing is known of its start where that is left out. */
const there = (input?: string) => {
  sfn.on(StartExecutionCommand, { name: 'shop-1' }).rejects(exists);
  sfn.on(StartExecutionCommand, { name: 'shop-1-2' }).resolves({});
  sfn.on(DescribeExecutionCommand).resolves(input === undefined ? {} : { input });
};
const tried = () => sfn.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input.name);

describe('a name that another execution has', () => {
  test('of the same delivery is the one that was wanted', async () => {
    there(JSON.stringify(start));
    expect(await executions.start(start)).toBe('there');
    expect(tried()).toEqual(['shop-1']);
  });

  test.each([
    ['of another version of the object', JSON.stringify(startOf('v=2'))],
    ['of another object', JSON.stringify(start).replace('a.csv', 'b.csv')],
    ['that was started by hand with another input', '{"by":"hand"}'],
    ['that was started by hand with no JSON', 'by hand'],
    ['of whose start nothing is known', undefined],
  ])('%s is not', async (_what, input) => {
    there(input);
    expect(await executions.start(start)).toBe('started');
    expect(tried()).toEqual(['shop-1', 'shop-1-2']);
  });

  test('is given up after a few more', async () => {
    sfn.on(StartExecutionCommand).rejects(exists);
    sfn.on(DescribeExecutionCommand).resolves({ input: JSON.stringify(startOf('v=2')) });
    await expect(executions.start(start)).rejects.toThrow(
      new UsageError(
        'Other executions have the name shop-1 and 4 after it, for other objects than s3://landing/shop/a.csv. ' +
          'Drop the object again, under another key.',
      ),
    );
    expect(tried()).toEqual(['shop-1', 'shop-1-2', 'shop-1-3', 'shop-1-4', 'shop-1-5']);
  });
});

describe('a list of executions', () => {
  /** Newest first, two a page. */
  const hours = ['13', '12', '11', '10'];
  const listed = () => {
    sfn.on(ListExecutionsCommand).callsFake(({ nextToken = '0' }: { nextToken?: string }) => {
      const from = Number(nextToken);
      return {
        executions: hours
          .slice(from, from + 2)
          .map((hour) => ({ name: `at-${hour}`, startDate: atHour(hour) })),
        ...(from + 2 < hours.length ? { nextToken: String(from + 2) } : {}),
      };
    });
    return () => sfn.commandCalls(ListExecutionsCommand).length;
  };
  const atHour = (hour: string): Date => new Date(`2026-11-21T${hour}:00:00Z`);

  test('ends with as many as are wanted', async () => {
    const pages = listed();
    expect((await executions.running(1)).map(({ name }) => name)).toEqual(['at-13']);
    expect(pages()).toBe(1);
    expect(await executions.running()).toHaveLength(4);
  });

  test('since a time ends with the first that is older', async () => {
    const pages = listed();
    const since = await Array.fromAsync(executions.since(atHour('12')));
    expect(since.map(({ name }) => name)).toEqual(['at-13', 'at-12']);
    expect(pages()).toBe(2);
    hours.push('09', '08');
    expect(await Array.fromAsync(executions.since(atHour('11')))).toHaveLength(3);
    expect(pages()).toBe(4);
  });
});
