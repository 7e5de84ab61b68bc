/** An environment, wherever it is: a folder of this machine (`--out`), or deployed to AWS (`--aws --env`). */

import type { Deployed } from '../runtime/aws/deployed.ts';
import { knownContents } from '../runtime/known-contents.ts';
import type { IsGone } from '../runtime/leftovers.ts';
import type { World } from '../runtime/world.ts';
import { repositoryPipelines } from './find-pipeline.ts';
import { openEnvironment } from './open-environment.ts';

export interface Where {
  readonly out: string;
  readonly aws?: boolean;
  readonly env?: string;
  readonly profile?: string;
}

export interface Environment {
  readonly world: World;
  /** What the person calls it. */
  readonly name: string;
  /** By pipeline, the contents that were registered; on AWS the pipelines of this repository, without their contents. */
  known(): Promise<ReadonlyMap<string, readonly string[]>>;
  readonly isGone: IsGone;
}

/** @throws UsageError if it is not there. */
export async function openAnywhere(cwd: string, where: Where): Promise<Environment> {
  if (where.aws) return onAws(where);
  const world = openEnvironment(cwd, where.out);
  const { isGone } = world.executions;
  return { world, name: where.out, isGone, known: () => knownContents(world) };
}

/** The deployed environment that `--env` and `--profile` name. */
export async function openAws({ env = 'dev', profile }: Omit<Where, 'out'>): Promise<Deployed> {
  // The SDK reads it when the first client is made.
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  const { openDeployed } = await import('../runtime/aws/deployed.ts');
  return openDeployed(env);
}

async function onAws(where: Where): Promise<Environment> {
  const deployed = await openAws(where);
  return {
    world: deployed.world,
    name: `environment ${where.env ?? 'dev'}`,
    async known() {
      return new Map((await repositoryPipelines()).map(({ name }) => [name, []]));
    },
    async isGone(pipeline, execution) {
      const found = await (await deployed.executions(pipeline)).describe(execution);
      return found?.status !== 'RUNNING';
    },
  };
}
