/** What every function of Lambda does around its work: logs with the same keys, a trace, and errors that may be told. */

import { Logger } from '@aws-lambda-powertools/logger';
import { Tracer } from '@aws-lambda-powertools/tracer';
import type { Pipeline } from '../core/pipeline.ts';
import { toldError } from './told-error.ts';

/** What Lambda says about a call, as far as it is used here. */
export interface LambdaContext {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export type Handler<T> = (event: unknown, context: LambdaContext) => Promise<T>;

/** What the work of one call has at hand. */
export interface Call {
  readonly log: Logger;
  /** Adds keys to each log line from here on, and to the trace. */
  about(keys: Readonly<Record<string, string>>): void;
}

/**
 * A handler. Its events are never logged: what of them may be is for the work to say. Metrics are none of its affair
 * either: whoever has one writes it out at once, so that a call which is cut off has lost none.
 */
export function handlerOf<T>(
  name: string,
  pipeline: Pipeline,
  work: (event: unknown, call: Call) => Promise<T>,
): Handler<T> {
  const log = new Logger({
    serviceName: pipeline.name,
    persistentKeys: { pipeline: pipeline.name, environment: process.env['SLUICE_ENV'], stage: name },
  });
  // A stage makes hundreds of requests to S3, and a trace has no room for a segment of each.
  const tracer = new Tracer({ serviceName: pipeline.name, captureHTTPsRequests: false });
  const about: Call['about'] = (keys) => {
    log.appendKeys(keys);
    for (const [key, value] of Object.entries(keys)) tracer.putAnnotation(key, value);
  };
  return async (event, context) => {
    log.resetKeys();
    log.addContext(context);
    const warning = warnBeforeTheEnd(name, log, context);
    try {
      return await traced(name, tracer, () => work(event, { log, about }));
    } catch (error) {
      const told = toldError(pipeline, error);
      log.error(`${name} failed`, told);
      throw told;
    } finally {
      clearTimeout(warning);
    }
  };
}

/** How long before its end a call says so: ten seconds, of a short one its last tenth. */
export const lastMsOf = (remainingMs: number): number => Math.min(10_000, remainingMs / 10);

/**
 * Says that Lambda is about to end the call, and leaves it at that. Ending it from here would leave its work behind,
 * to go on beside the next call of this process; Lambda ends the process, and the state machine tries again.
 */
function warnBeforeTheEnd(name: string, log: Logger, context: LambdaContext): NodeJS.Timeout {
  const remainingMs = context.getRemainingTimeInMillis();
  const lastMs = lastMsOf(remainingMs);
  return setTimeout(() => {
    const seconds = lastMs / 1000;
    log.error(`${name} has less than ${seconds} seconds left; Lambda ends it then, and it is tried again.`);
  }, remainingMs - lastMs).unref();
}

/** The work as a part of the trace, where there is one. */
async function traced<T>(name: string, tracer: Tracer, work: () => Promise<T>): Promise<T> {
  if (!tracer.isTracingEnabled()) return work();
  return tracer.provider.captureAsyncFunc(`## ${name}`, async (segment) => {
    tracer.annotateColdStart();
    tracer.addServiceNameAnnotation();
    try {
      return await work();
    } finally {
      segment?.close();
    }
  }) as Promise<T>;
}
