/** What is told of a run on AWS: metrics, which alarms look at, and a notice to those who want one of every run. */

import type { Metrics } from '@aws-lambda-powertools/metrics';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { ReconciliationError } from '../../core/errors.ts';
import type { Notifications } from '../ports.ts';
import type { RunRecord } from '../result.ts';
import { ask } from './aws-errors.ts';

export interface AwsNotificationsOptions {
  readonly metrics: Metrics;
  readonly environment: string;
  /** Where a notice of each settled run goes. Default: nowhere. */
  readonly notices?: { readonly sns: SNSClient; readonly topic: string } | undefined;
}

/**
 * The metrics of a settled run, each with the dimensions `pipeline` and `environment` and no others: an alarm finds a
 * metric only by exactly its dimensions. A run that is carried out twice may be told twice.
 */
export function awsNotifications({ metrics, environment, notices }: AwsNotificationsOptions): Notifications {
  return Object.freeze({
    progress: () => undefined,
    async settled(record) {
      // By itself the library adds a dimension for the service.
      metrics.clearDefaultDimensions();
      metrics.addDimensions({ pipeline: record.pipeline, environment });
      for (const [name, unit, value] of metricsOf(record)) metrics.addMetric(name, unit, value);
      metrics.publishStoredMetrics();
      if (notices) await publish(notices.sns, notices.topic, environment, record);
    },
  } satisfies Notifications);
}

type Metric = readonly [name: string, unit: (typeof MetricUnit)[keyof typeof MetricUnit], value: number];

function metricsOf({ status, records, durationMs, error }: RunRecord): Metric[] {
  const read = records.read ?? 0;
  const isFailed = status === 'failed';
  const flag = (is: boolean): number => (is ? 1 : 0);
  return [
    ['ErrorRate', MetricUnit.Percent, read === 0 ? 0 : (100 * records.quarantined) / read],
    ['LatencySeconds', MetricUnit.Seconds, durationMs / 1000],
    ['RunFailed', MetricUnit.Count, flag(isFailed)],
    ['RunHeld', MetricUnit.Count, flag(status === 'held')],
    ['ObjectRejected', MetricUnit.Count, flag(status === 'rejected')],
    ['Unreconciled', MetricUnit.Count, flag(isFailed && error?.name === ReconciliationError.name)],
    ['RecordsRead', MetricUnit.Count, read],
    ['RecordsLoaded', MetricUnit.Count, records.loaded],
    ['RecordsQuarantined', MetricUnit.Count, records.quarantined],
  ];
}

/** SNS takes 100 characters for a subject, of ASCII. */
const SUBJECT = 100;
const REASONS = 5;

async function publish(
  sns: SNSClient,
  TopicArn: string,
  environment: string,
  record: RunRecord,
): Promise<void> {
  const Subject = `${environment}: ${record.pipeline} ${record.status}`.slice(0, SUBJECT);
  await ask({ permission: 'sns:Publish', of: TopicArn }, () =>
    sns.send(new PublishCommand({ TopicArn, Subject, Message: wordsOf(record) })),
  );
}

/** Never with a value of a record: a mail is no place for personal data. */
function wordsOf({ run, status, records, reasons, error, report }: RunRecord): string {
  const { read, loaded, quarantined, filtered, deduplicated, held } = records;
  return [
    `Run ${run}: ${status}.`,
    `read ${read ?? 'unknown'} = loaded ${loaded} + quarantined ${quarantined} + filtered ${filtered} + ` +
      `deduplicated ${deduplicated} + held ${held}`,
    ...(error ? [`Error: ${error.name}`] : []),
    ...reasons
      .slice(0, REASONS)
      .map(({ records, column, code }) => `${records} × ${column === null ? '' : `${column} `}${code}`),
    `Report: ${report}`,
  ].join('\n');
}
