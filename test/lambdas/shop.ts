/** A pipeline with a personal column, and what stands around its functions on Lambda. */

import { onTestFinished, vi } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import type { LambdaContext } from '../../lambdas/handler-of.ts';

export const shop = definePipeline({
  name: 'shop',
  owner: 'test',
  description: 'Orders, for tests.',
  row: z.object({ id: z.int().min(1), email: z.email().meta({ pii: true }), amount: z.int().max(100) }),
  sources: (source) => [source.files({ prefix: 'shop/', match: '*.csv', format: format.csv() })],
  gate: { rejected: { atMost: 0.6 } },
  sinks: () => [sink.lake({ table: 'shop', write: 'append' })],
  sla: { latency: '10 minutes', freshness: '1 hour' },
}) as unknown as Pipeline;

export const STATE_MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:sluice-dev-shop';

export const environment = {
  SLUICE_PIPELINE: 'shop',
  SLUICE_ENV: 'dev',
  SLUICE_STATE_MACHINE: STATE_MACHINE,
  SLUICE_OPEN_RUNS: '3',
  SLUICE_LANDING: 's3://landing',
};

export const context = (remainingMs = 900_000): LambdaContext => ({
  functionName: 'sluice-dev-shop-stage',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:sluice-dev-shop-stage',
  memoryLimitInMB: '3008',
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  getRemainingTimeInMillis: () => remainingMs,
});

export interface Logs {
  text(): string;
  lines(): Record<string, unknown>[];
  messages(): string[];
}

/** All that is written to the output of this process from here to the end of the test. */
export function captureLogs(): Logs {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  const lines = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { text: () => text, lines, messages: () => lines().map(({ message }) => String(message)) };
}
