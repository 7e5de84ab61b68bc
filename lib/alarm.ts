/** An alarm as data, and how it becomes one: each says what it means, and where it is told what to do. */

import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, type TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import type { AlarmTopics, Severity } from './alarm-topics.ts';

export interface AlarmSpec {
  /** Also the end of the alarm's name, in kebab case. */
  readonly id: string;
  readonly severity: Exclude<Severity, 'info'>;
  readonly metric: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    /** `Maximum`, `Sum`, `p95`, … */
    readonly statistic: string;
    readonly minutes: number;
  };
  /** It fires above this. */
  readonly above: number;
  /** Periods in a row; @default 1 */
  readonly periods?: number;
  readonly missing: TreatMissingData;
  /** One sentence: what is the matter when it fires. */
  readonly meaning: string;
  /** The file that says what to do, without its ending. */
  readonly runbook: string;
}

export interface AlarmContext {
  /** What the names of alarms start with. */
  readonly name: string;
  readonly topics: AlarmTopics;
  readonly runbooks: string;
}

export function addAlarms(scope: Construct, specs: readonly AlarmSpec[], context: AlarmContext): void {
  for (const spec of specs) {
    const { namespace, name, dimensions, statistic, minutes } = spec.metric;
    const alarm = new Alarm(scope, `Alarm-${spec.id}`, {
      alarmName: `${context.name}-${spec.id}`,
      alarmDescription: `${spec.meaning} What to do: ${context.runbooks}/${spec.runbook}.md`,
      metric: new Metric({
        namespace,
        metricName: name,
        dimensionsMap: { ...dimensions },
        statistic,
        period: Duration.minutes(minutes),
      }),
      threshold: spec.above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: spec.periods ?? 1,
      treatMissingData: spec.missing,
    });
    alarm.addAlarmAction(new SnsAction(context.topics[spec.severity]));
    alarm.addOkAction(new SnsAction(context.topics.info));
  }
}
