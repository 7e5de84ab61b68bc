/** Stage validate as a function of Lambda: the rows of a bucket, or all chunks together and whether they pass. */

import { pipeline } from '#pipeline';
import { validate } from '../runtime/validate.ts';
import { validateTaskSchema } from '../runtime/values.ts';
import { stage } from './stage.ts';

export const handler = stage({ name: 'validate', pipeline, input: validateTaskSchema, work: validate });
