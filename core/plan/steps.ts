/** The steps of a transform as layers of SQL, each a SELECT over the one before. */

import type { Layer } from '../layer.ts';
import type { Step } from '../transforms/step.ts';

/** Applies steps in order. @throws DefinitionError for a column that is not there at that step. */
export function applySteps(layer: Layer, steps: readonly Step[], where: string): Layer {
  return steps.reduce((below, step) => step.apply(below, where), layer);
}

/** Whether a step must see all rows of a run at once. */
export const isSetwise = (step: Step): boolean => step.setwise;
