/** The batch state machine with stages that a test makes: what each of them was given is written down. */

import { readFileSync } from 'node:fs';
import type { Asl, Handlers } from '../../runtime/local/machine.ts';

export const asl = JSON.parse(
  readFileSync(new URL('../../statemachines/batch.asl.json', import.meta.url), 'utf8'),
) as Asl;

/** Errors that each task tries again. */
export const transient = [
  'TransientError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
];

export const attempt = { pipeline: 'p', sha256: 'a'.repeat(64), attempt: 1 };
export const planned = { status: 'planned', run: 'r', attempt, manifest: 'the/manifest.json' };
export const start = { pipeline: 'p', execution: 'e', objects: [{ uri: '/in/a.csv' }] };

type Calls = Record<string, unknown[]>;

/** Four stages for which all goes well, with some of them replaced; what they were given is written down. */
export function stagesWith(given: Partial<Handlers> = {}): { handlers: Handlers; calls: Calls } {
  const calls: Calls = {};
  const base: Handlers = {
    IngestFunction: () => ({ ...planned, chunks: [0, 1, 2] }),
    TransformFunction: (input) => ({ n: (input as { chunk: number }).chunk }),
    ValidateFunction: () => ({ status: 'passed', manifest: 'the/manifest.json' }),
    LoadFunction: () => ({ status: 'published', manifest: 'the/manifest.json' }),
  };
  const handlers = Object.fromEntries(
    Object.entries({ ...base, ...given }).map(([name, handler]) => [
      name,
      (input: unknown) => {
        (calls[name] ??= []).push(input);
        return handler!(input);
      },
    ]),
  );
  return { handlers, calls };
}

export const failing = (name: string, message = 'why it failed') => {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
};
