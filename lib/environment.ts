/** What differs between the environments `dev` and `prod`, and how `-c env=` and `-c arch=` choose. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { UsageError } from '../core/errors.ts';

export interface Environment {
  readonly name: 'dev' | 'prod';
  /** What becomes of data, key and logs when a stack is deleted. */
  readonly removal: RemovalPolicy;
  /** Whether tables and stacks refuse to be deleted. */
  readonly protect: boolean;
  readonly logs: RetentionDays;
  /** Days until replaced and removed versions of objects are gone. */
  readonly oldVersionDays: number;
  /** Days that work may lie: what a held run staged waits so long for its release. */
  readonly workDays: number;
  /** Days between the deletion of the key and its end. */
  readonly keyDays: number;
}

const environments = Object.freeze({
  // A bucket that holds objects is not deleted even so: it has to be emptied first, which is the second question.
  dev: {
    name: 'dev',
    removal: RemovalPolicy.DESTROY,
    protect: false,
    logs: RetentionDays.TWO_WEEKS,
    oldVersionDays: 7,
    workDays: 30,
    keyDays: 7,
  },
  // Not RETAIN: a creation that fails must leave nothing that stands in the way of the next try.
  prod: {
    name: 'prod',
    removal: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    protect: true,
    logs: RetentionDays.ONE_YEAR,
    oldVersionDays: 30,
    workDays: 90,
    keyDays: 30,
  },
} satisfies Record<string, Environment>);

/** The environment that `-c env=` names; `dev` without one. @throws UsageError for any other. */
export function environmentOf(scope: IConstruct): Environment {
  return chosen(scope, 'env', environments, 'dev');
}

const architectures = Object.freeze({ arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 });

/** The processor that `-c arch=` names; `arm64` without one. @throws UsageError for any other. */
export function architectureOf(scope: IConstruct): Architecture {
  return chosen(scope, 'arch', architectures, 'arm64');
}

function chosen<T extends object>(scope: IConstruct, key: string, of: T, otherwise: keyof T): T[keyof T] {
  const name: unknown = scope.node.tryGetContext(key) ?? otherwise;
  if (typeof name === 'string' && Object.hasOwn(of, name)) return of[name as keyof T];
  throw new UsageError(
    `-c ${key}=${String(name)} is none of ${Object.keys(of).join(', ')}; give one of these, or leave it out.`,
  );
}
