/** A statement of a policy: these actions on these resources, under these conditions, and nothing else. */

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export function may(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Record<string, object>,
): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

/** What reading and writing under a key takes. */
export const dataKeys: readonly string[] = ['kms:Decrypt', 'kms:GenerateDataKey'];
