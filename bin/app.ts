/** The app that `cdk` deploys: what all pipelines share, and a stack for each of them. */

import { App } from 'aws-cdk-lib';
import { LakeStack } from '../lib/lake-stack.ts';
import { PipelineStack } from '../lib/pipeline-stack.ts';
import { pipelines } from '../pipelines/index.ts';

const app = new App();
const lake = new LakeStack(app, 'Lake');
for (const pipeline of pipelines) new PipelineStack(app, pipeline.name, { pipeline, lake });
