/** Stage transform as a function of Lambda: one chunk in, its number out, its result beside it. */

import { pipeline } from '#pipeline';
import { transform } from '../runtime/transform.ts';
import { chunkTaskSchema } from '../runtime/values.ts';
import { stage } from './stage.ts';

export const handler = stage({ name: 'transform', pipeline, input: chunkTaskSchema, work: transform });
