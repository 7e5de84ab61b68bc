/** The three topics that alarms and notices go to, by how much they matter. */

import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Subscription, SubscriptionProtocol, Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import { deadLetters } from './dead-letters.ts';

export type Severity = 'critical' | 'warning' | 'info';

export type AlarmTopics = Readonly<Record<Severity, ITopic>>;

export interface AlarmTopicsProps {
  readonly environment: Environment;
  readonly key: IKey;
  /** Who gets what is critical and what warns, by e-mail. @default nobody: subscribe to the topics */
  readonly notify: string | undefined;
}

export function alarmTopics(
  scope: Construct,
  props: AlarmTopicsProps,
): { topics: AlarmTopics; undelivered: Queue | undefined } {
  const topics = { critical: topic(scope, props, 'critical'), warning: topic(scope, props, 'warning') };
  const info = topic(scope, props, 'info');
  return {
    topics: Object.freeze({ ...topics, info }),
    undelivered:
      props.notify === undefined ? undefined : subscribe(scope, props, props.notify, Object.values(topics)),
  };
}

function topic(scope: Construct, { environment, key }: AlarmTopicsProps, severity: Severity): Topic {
  const id = severity[0]!.toUpperCase() + severity.slice(1);
  const made = new Topic(scope, id, {
    topicName: `sluice-${environment.name}-${severity}`,
    displayName: `Sluice ${environment.name}: ${severity}`,
    masterKey: key,
    enforceSSL: true,
  });
  made.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [made.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return made;
}

/** What cannot be delivered is kept in a queue. */
function subscribe(
  scope: Construct,
  props: AlarmTopicsProps,
  address: string,
  topics: readonly Topic[],
): Queue {
  const undelivered = deadLetters(scope, 'Undelivered', {
    name: `sluice-${props.environment.name}-undelivered`,
    key: props.key,
  });
  undelivered.addToResourcePolicy(
    new PolicyStatement({
      sid: 'UndeliveredNotices',
      principals: [new ServicePrincipal('sns.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [undelivered.queueArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  for (const topic of topics) {
    const subscription = new Subscription(topic, 'Email', {
      topic,
      endpoint: address,
      protocol: SubscriptionProtocol.EMAIL,
    });
    // Not `deadLetterQueue`: that would allow each topic again what the queue allows to this account's topics.
    const resource = subscription.node.defaultChild as import('aws-cdk-lib/aws-sns').CfnSubscription;
    resource.redrivePolicy = { deadLetterTargetArn: undelivered.queueArn };
  }
  return undelivered;
}
