/** Stage ingest as a function of Lambda: one object in, what was found in it out. */

import { pipeline } from '#pipeline';
import { ingest } from '../runtime/ingest.ts';
import { startSchema } from '../runtime/values.ts';
import { stage } from './stage.ts';

export const handler = stage({ name: 'ingest', pipeline, input: startSchema, work: ingest });
