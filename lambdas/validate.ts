/** Stage validate as a function of Lambda: all chunks together, and whether they pass. */

import { pipeline } from '#pipeline';
import { validate } from '../runtime/validate.ts';
import { attemptTaskSchema } from '../runtime/values.ts';
import { stage } from './stage.ts';

export const handler = stage({ name: 'validate', pipeline, input: attemptTaskSchema, work: validate });
