/** Stage load as a function of Lambda: the run becomes visible, or is not. */

import { pipeline } from '#pipeline';
import { load } from '../runtime/load.ts';
import { loadTaskSchema } from '../runtime/values.ts';
import { stage } from './stage.ts';

export const handler = stage({ name: 'load', pipeline, input: loadTaskSchema, work: load });
