/** The executions of a pipeline's state machine: started, counted, looked up. */

import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  type DescribeExecutionCommandOutput,
  type ExecutionListItem,
  type ListExecutionsCommandInput,
  type ListExecutionsCommandOutput,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { TransientError, UsageError } from '../../core/errors.ts';
import { ask, isNamed } from './aws-errors.ts';
import { startSchema, type Start } from '../values.ts';

export interface Executions {
  /**
   * Starts an execution, unless the same delivery has one.
   * @throws TransientError if Step Functions takes no more now.
   */
  start(start: Start): Promise<'started' | 'there'>;
  /** Those that are running, the newest first. */
  running(atMost?: number): Promise<readonly Execution[]>;
  /** Every one that began since a time, the newest first, whatever became of it. */
  since(time: Date): AsyncIterable<Execution>;
  /** What is known of an execution by its name; undefined where there is none. */
  describe(name: string): Promise<Described | undefined>;
}

export interface Execution {
  readonly name: string;
  readonly startedAt: Date;
}

export type Described = Pick<
  DescribeExecutionCommandOutput,
  'name' | 'status' | 'input' | 'error' | 'cause' | 'stopDate'
>;

const PAGE = 1000;

/** Names with a number behind them that are tried where another delivery has the name. */
const TRIES = 5;

export function executionsOf(client: SFNClient, stateMachineArn: string): Executions {
  async function* list(given: Partial<ListExecutionsCommandInput>): AsyncGenerator<Execution, void> {
    let nextToken: string | undefined;
    do {
      const page: ListExecutionsCommandOutput = await ask(
        { permission: 'states:ListExecutions', of: stateMachineArn },
        () => client.send(new ListExecutionsCommand({ stateMachineArn, ...given, nextToken })),
      );
      yield* (page.executions ?? []).map(executionOf);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  const describe = async (name: string): Promise<Described | undefined> => {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    try {
      return await ask({ permission: 'states:DescribeExecution', of: executionArn }, () =>
        client.send(new DescribeExecutionCommand({ executionArn })),
      );
    } catch (error) {
      if (isNamed(error, 'ExecutionDoesNotExist')) return undefined;
      throw error;
    }
  };

  return Object.freeze({
    async start(given) {
      for (let n = 1; n <= TRIES; n++) {
        const name = n === 1 ? given.execution : `${given.execution}-${n}`;
        const start = { ...given, execution: name };
        try {
          await ask({ permission: 'states:StartExecution', of: stateMachineArn }, () =>
            client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(start) })),
          );
          return 'started';
        } catch (error) {
          if (isNamed(error, 'ExecutionLimitExceeded')) throw full(stateMachineArn, error);
          if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
          if (isFor(given, await describe(name))) return 'there';
        }
      }
      throw new UsageError(
        `Other executions have the name ${given.execution} and ${TRIES - 1} after it, for other objects than ` +
          `${given.objects[0]!.uri}. Drop the object again, under another key.`,
      );
    },
    async running(atMost = Infinity) {
      const found: Execution[] = [];
      for await (const one of list({ statusFilter: 'RUNNING', maxResults: Math.min(atMost, PAGE) })) {
        if (found.push(one) >= atMost) break;
      }
      return found;
    },
    async *since(time) {
      for await (const one of list({ maxResults: PAGE })) {
        if (one.startedAt < time) return;
        yield one;
      }
    },
    describe,
  } satisfies Executions);
}

const executionOf = ({ name, startDate }: ExecutionListItem): Execution => ({
  name: name!,
  startedAt: startDate!,
});

const full = (of: string, cause: unknown): TransientError =>
  new TransientError(`${of} has as many open executions as the account may have; try again later.`, {
    cause,
  });

/** A name has 8 digits of a hash: another object may have come to the same one within the same second. */
function isFor(start: Start, there: Described | undefined): boolean {
  const found = inputOf(there);
  const [wanted] = start.objects;
  const [had] = found?.objects ?? [];
  return had !== undefined && had.uri === wanted!.uri && had.version === wanted!.version;
}

/** What an execution was started with, if it was started as a run is. */
export function inputOf(execution: Described | undefined): Start | undefined {
  try {
    return startSchema.safeParse(JSON.parse(execution?.input ?? '')).data;
  } catch {
    return undefined;
  }
}
