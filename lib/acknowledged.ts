/** Findings of the security packs that are known and stand: which, where, and why. A test holds the stacks to it. */

export interface Acknowledgement {
  /** The finding, as the pack names it. */
  readonly finding: RegExp;
  /** The construct that it is about, by its path. */
  readonly on: RegExp;
  readonly reason: string;
}

export const acknowledged: readonly Acknowledgement[] = Object.freeze([
  {
    finding: /^AwsSolutions-IAM5\[Resource::sluice-\w+:Export\w+\/(lake|quarantine|reports|work)\/.+\*\]$/,
    on: /Role\/Resource$/,
    reason: "Names of files are not known before a run; the folders are this pipeline's own.",
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::sluice-\w+:Export\w*Landing\w+\/.+\/\*\]$/,
    on: /Role\/Resource$/,
    reason: 'Names of dropped files are not known; the prefixes are those of the definition.',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::<\w+Log\w+\.Arn>:\*\]$/,
    on: /Role\/Resource$/,
    reason: 'Lambda makes the streams of a log group as it needs them.',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::<(Ingest|Transform|Validate|Load)\w+\.Arn>:\*\]$/,
    on: /\/StateMachineRole\/Resource$/,
    reason: 'A run in flight calls the version that it started with, whatever was deployed since.',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::arn:.*:execution:sluice-[\w-]+[:/]\*\]$/,
    on: /\/(StateMachine|Starter|Settle|Watchdog)Role\/Resource$/,
    reason: "Names of executions are not known before they start; the state machine is this pipeline's own.",
  },
  {
    finding: /^(AwsSolutions-IAM5\[Resource::\*\]|Serverless-LambdaStarPermissions)$/,
    on: /Role\/Resource$/,
    reason: 'X-Ray, log delivery and network interfaces name no resource in their permissions.',
  },
  {
    finding: /^(AwsSolutions-SQS3|Serverless-SQSRedrivePolicy)$/,
    on: /\/(DeadObjects|DeadCalls|Undelivered)\/Resource$/,
    reason: 'It is itself a queue of dead letters; an alarm fires for the first message.',
  },
  {
    finding: /^Serverless-LambdaDLQ$/,
    on: /\/(Ingest|Transform|Validate|Load|Starter)\/Resource$/,
    reason: 'It is called and answered by the state machine or the queue, which see its failure themselves.',
  },
  {
    finding: /^Serverless-LambdaEventSourceMappingDestination$/,
    on: /\/Starts\/Resource$/,
    reason: 'The queue has its own queue of dead letters, which a destination would bypass.',
  },
]);
