/**
 * Runs a state machine's ASL in this process, each Task handled by a function; it adds to the interpreter what AWS does
 * and the interpreter does not: the payload limit, the context object, and errors that carry a name whatever was thrown.
 */

import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';

/** An ASL definition with `${Name}` in the place of each resource, as the CDK substitutes them on AWS. */
export type Asl = StateMachineDefinition;

/** What a Task does: its input as JSON in, its answer as JSON out. Keyed by the name in `${Name}`. */
export type Handlers = Readonly<Record<string, (input: unknown) => unknown>>;

export interface MachineOptions {
  /** The execution's name in the context object. Default: `local`. */
  readonly execution?: string;
  /** How many items of a Map are worked on at once, at most. Default: what the ASL says. */
  readonly concurrency?: number;
  /** The pause before any retry, in milliseconds. Default: what the ASL says. */
  readonly retryDelays?: number;
  /** Told of each event of the interpreter, in order: states entered, retried, failed. */
  readonly onEvent?: (event: MachineEvent) => void;
}

export interface MachineEvent {
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly state?: { readonly name: string; readonly input: unknown; readonly output?: unknown };
}

export interface MachineResult {
  readonly status: 'succeeded' | 'failed';
  /** The name of the error that the execution ended with. */
  readonly error?: string;
  readonly cause?: string;
  readonly output?: unknown;
  /** The states entered, in order, those inside of a Map for each item. */
  readonly path: readonly string[];
}

/** What a state may be given and may answer on AWS, in bytes of JSON. */
export const PAYLOAD_LIMIT = 256 * 1024;

type Json = Parameters<StateMachine['run']>[0];

/**
 * Runs an execution to its end. It never throws for what happens in a Task: a failed execution is a result.
 * @throws Error if the ASL names a resource for which there is no handler.
 */
export async function runMachine(
  asl: Asl,
  handlers: Handlers,
  input: unknown,
  options: MachineOptions = {},
): Promise<MachineResult> {
  const definition = structuredClone(asl);
  const tasks: Record<string, (input: unknown) => Promise<Json>> = {};
  adapt(definition.States, handlers, options, tasks);
  delete definition.TimeoutSeconds;

  // Validating takes longer than a small run; a test validates every ASL file of the project.
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const name = options.execution ?? 'local';
  const pauses = options.retryDelays;
  const execution = machine.run(asJson(input), {
    context: {
      Execution: { Id: `arn:aws:states:local:000000000000:execution:local:${name}`, Name: name },
      StateMachine: { Id: 'arn:aws:states:local:000000000000:stateMachine:local', Name: 'local' },
    },
    overrides: {
      taskResourceLocalHandlers: tasks,
      ...(pauses === undefined
        ? {}
        : { retryIntervalOverrides: Object.fromEntries(Object.keys(tasks).map((state) => [state, pauses])) }),
    },
  });
  const ended = execution.result.then(
    (output): Omit<MachineResult, 'path'> => ({ status: 'succeeded', output }),
    (thrown: Error): Omit<MachineResult, 'path'> => {
      const error = named(thrown.cause ?? thrown);
      return { status: 'failed', error: error.name, cause: error.message };
    },
  );
  const path: string[] = [];
  for await (const event of execution.eventLogs) {
    if (event.type === 'StateEntered') path.push(event.state.name);
    options.onEvent?.(event as MachineEvent);
  }
  return { ...(await ended), path };
}

type States = Asl['States'];
interface MapLike {
  readonly ItemProcessor?: { readonly States: States };
}

function adapt(
  states: States,
  handlers: Handlers,
  options: MachineOptions,
  tasks: Record<string, (input: unknown) => Promise<Json>>,
): void {
  for (const [name, state] of Object.entries(states)) {
    if (state.Type === 'Task') {
      const resource = /^\$\{(\w+)\}$/.exec(state.Resource)?.[1];
      const handler = handlers[resource ?? ''];
      if (handler === undefined) {
        throw new Error(
          `State ${JSON.stringify(name)} names the resource ${JSON.stringify(state.Resource)}, for which there is no ` +
            `local handler. There are: ${Object.keys(handlers).join(', ')}.`,
        );
      }
      state.Resource = `arn:aws:lambda:us-east-1:000000000000:function:${resource}`;
      // A function in this process cannot be stopped: after a time-out it would go on beside its own retry.
      state.TimeoutSeconds = LONGEST_TIMER_SECONDS;
      tasks[name] = guarded(name, handler);
    } else if (state.Type === 'Map') {
      if (options.concurrency !== undefined) {
        state.MaxConcurrency = Math.min(options.concurrency, state.MaxConcurrency ?? Infinity);
      }
      const inner = (state as MapLike).ItemProcessor;
      if (inner !== undefined) adapt(inner.States, handlers, options, tasks);
    }
  }
}

/** The longest that a timer of Node can wait. */
const LONGEST_TIMER_SECONDS = 2_147_483;

function guarded(state: string, handler: (input: unknown) => unknown): (input: unknown) => Promise<Json> {
  return async (input) => {
    limited(state, 'input', input);
    let output: unknown;
    try {
      output = await handler(asJson(input));
    } catch (thrown) {
      throw named(thrown);
    }
    return limited(state, 'output', output);
  };
}

/** A value as it is after a passage through JSON, which is what a Lambda's answer goes through. */
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value) ?? 'null') as Json;

function limited(state: string, what: string, value: unknown): Json {
  const text = JSON.stringify(value) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes <= PAYLOAD_LIMIT) return JSON.parse(text) as Json;
  // As on AWS, neither a retrier nor a catcher for States.ALL sees this error: it ends the execution.
  throw Object.assign(
    new Error(
      `The ${what} of the state ${JSON.stringify(state)} has ${bytes} bytes, the limit is ${PAYLOAD_LIMIT}.`,
    ),
    { name: 'States.DataLimitExceeded', isRetryable: false, isCatchable: false },
  );
}

function named(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(
    typeof thrown === 'string' ? thrown : `Thrown was not an error: ${JSON.stringify(thrown)}`,
  );
}
