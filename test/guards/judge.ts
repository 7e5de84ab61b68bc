/** Switches off one guard after the other, each read from standard input, and says which test failed. */

import { createInterface } from 'node:readline';
import type { Meeting } from './tests.ts';
import { switchedVitest } from './tests.ts';

export interface Task {
  readonly id: string;
  readonly off: boolean;
  /** Tried one after the other, until a test fails. */
  readonly batches: readonly (readonly Meeting[])[];
}

/** Said before each batch. */
export interface Progress {
  /** Batches tried before. */
  readonly tried: number;
}

export interface Verdict {
  readonly id: string;
  /** The test that failed. */
  readonly by: string | undefined;
}

const vitest = await switchedVitest([]);
await vitest.standalone();
await vitest.globTestSpecifications();
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task;
  process.env['GUARD_OFF'] = task.id;
  process.env['GUARD_OFF_IS'] = String(task.off);
  const verdict: Verdict = { id: task.id, by: await failing(task) };
  process.stdout.write(`\n${JSON.stringify(verdict)}\n`);
}
await vitest.close();

async function failing({ batches }: Task): Promise<string | undefined> {
  for (const [tried, batch] of batches.entries()) {
    process.stdout.write(`\n${JSON.stringify({ tried })}\n`);
    const files = Map.groupBy(batch, ({ file }) => file);
    const specifications = [...files].map(([file, tests]) =>
      vitest
        .getRootProject()
        .createSpecification(
          file,
          tests.some(({ test }) => test === '') ? {} : { testNames: tests.map(({ test }) => test) },
        ),
    );
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
    for (const module of testModules) {
      // Those of earlier runs are told again.
      if (!files.has(module.moduleId)) continue;
      for (const test of module.children.allTests('failed'))
        return `${module.relativeModuleId}: ${test.fullName}`;
      if (!module.ok()) return `${module.relativeModuleId}: does not load`;
    }
    if (unhandledErrors.length > 0) return 'an error outside of the tests';
  }
  return undefined;
}
