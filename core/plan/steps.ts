/** The steps of a transform as layers of SQL, each a SELECT over the one before. */

import type { Layer } from '../layer.ts';
import type { Step } from '../transforms/step.ts';
import type { Deed } from './rounds.ts';

/** Applies steps in order. @throws DefinitionError for a column that is not there at that step. */
export function applySteps(layer: Layer, steps: readonly Step[], where: string): Layer {
  return steps.reduce((below, step) => step.apply(below, where), layer);
}

/** Whether a step must see all rows of a run at once. */
export const isSetwise = (step: Step): boolean => step.setwise;

/** A step as a piece of the work on the rows of a run. */
export const stepDeed = (step: Step, where: string): Deed => ({
  meets: step.setwise ? (step.meets ?? 'run') : 'record',
  makes: step.makes ?? null,
  says: step.says,
  step,
  apply: (below) => step.apply(below, where),
});
