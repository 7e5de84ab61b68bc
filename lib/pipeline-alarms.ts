/** What alarms a pipeline has: they follow from what its `sla` promises, and from how its runs end. */

import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { secondsOf, type Duration } from '../core/duration.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { AlarmSpec } from './alarm.ts';
import { WATCH_MINUTES } from './supervision.ts';

/** No run, no number: that is in order, but for what is to come in any case. */
const fine = TreatMissingData.NOT_BREACHING;
const bad = TreatMissingData.BREACHING;

/** The share of rejected records, in percent, above which it is an incident, and above which it is worth a look. */
const INCIDENT_PERCENT = 5;
const NOTICEABLE_PERCENT = 0.1;

/** A run that is open for so long at least is looked at, however much was promised. */
const OPEN_SECONDS = 1800;

/** On the numbers that every settled run and the watchdog write. */
export function runAlarms({ name, sla }: Pipeline, environment: string): AlarmSpec[] {
  const of = (metric: string, statistic: string, minutes = 5) => ({
    metric: {
      namespace: 'Sluice',
      name: metric,
      dimensions: { pipeline: name, environment },
      statistic,
      minutes,
    },
  });
  const incident = sla.errorRate === undefined ? INCIDENT_PERCENT : percent(sla.errorRate);
  const noticeable = Math.min(NOTICEABLE_PERCENT, incident / 2);
  const promised = secondsOf(sla.latency);
  const stuck = Math.max(2 * promised, OPEN_SECONDS);
  const once = { above: 0, missing: fine } as const;
  return [
    {
      ...of('ErrorRate', 'Maximum'),
      id: 'error-rate',
      severity: 'critical',
      above: incident,
      missing: fine,
      meaning: `More than ${incident} % of a run's records were rejected.`,
      runbook: 'error-rate',
    },
    {
      ...of('ErrorRate', 'Maximum'),
      id: 'error-rate-noticeable',
      severity: 'warning',
      above: noticeable,
      missing: fine,
      meaning: `More than ${noticeable} % of a run's records were rejected.`,
      runbook: 'error-rate',
    },
    {
      ...of('LatencySeconds', 'Maximum'),
      id: 'latency',
      severity: 'critical',
      above: promised,
      missing: fine,
      meaning: `A file took more than the promised ${sla.latency} to become visible.`,
      runbook: 'latency',
    },
    {
      ...of('LatencySeconds', 'p95', 60),
      id: 'latency-p95',
      severity: 'warning',
      above: promised / 2,
      missing: fine,
      meaning: `One file of twenty took more than half of the promised ${sla.latency}, over an hour.`,
      runbook: 'latency',
    },
    {
      ...of('RunFailed', 'Sum'),
      ...once,
      id: 'run-failed',
      severity: 'critical',
      meaning: 'A run failed after its retries; its file is untouched and not in the table.',
      runbook: 'run-failed',
    },
    {
      ...of('RunHeld', 'Sum'),
      ...once,
      id: 'run-held',
      severity: 'warning',
      meaning: 'The quality gate or a check held a run; nothing of it is visible.',
      runbook: 'run-held',
    },
    {
      ...of('ObjectRejected', 'Sum'),
      ...once,
      id: 'object-rejected',
      severity: 'warning',
      meaning: 'A file could not be trusted as a whole; it lies in quarantine.',
      runbook: 'object-rejected',
    },
    {
      ...of('Unreconciled', 'Sum'),
      ...once,
      id: 'counts-do-not-agree',
      severity: 'critical',
      meaning:
        'The books of a run do not balance: records would have been lost or doubled. Nothing was committed.',
      runbook: 'counts-do-not-agree',
    },
    {
      ...of('OldestOpenRunSeconds', 'Maximum', WATCH_MINUTES),
      id: 'run-never-ends',
      severity: 'critical',
      above: stuck,
      periods: 3,
      missing: bad,
      meaning: `A run has been open for more than ${stuck / 60} minutes, or the watchdog is silent.`,
      runbook: 'run-never-ends',
    },
    {
      ...of('ObjectsNeverRun', 'Maximum', WATCH_MINUTES),
      id: 'objects-never-run',
      severity: 'warning',
      above: 0,
      missing: fine,
      meaning: 'Files lay in landing for which no run was started; the watchdog has started them.',
      runbook: 'objects-never-run',
    },
    ...(sla.freshness === undefined ? [] : [dataAge(sla.freshness)]),
  ];

  function dataAge(freshness: Duration): AlarmSpec {
    return {
      ...of('DataAgeSeconds', 'Maximum', WATCH_MINUTES),
      id: 'data-too-old',
      severity: 'critical',
      above: secondsOf(freshness),
      periods: 2,
      // A silent watchdog has an alarm of its own; before the first run there is nothing to tell.
      missing: fine,
      meaning: `No file was published for longer than the promised ${freshness}.`,
      runbook: 'data-too-old',
    };
  }
}

/** On what AWS itself counts. */
export function serviceAlarms(of: {
  readonly stateMachine: string;
  /** The names of the stages' functions, and the seconds that they have. */
  readonly stages: readonly {
    readonly stage: string;
    readonly functionName: string;
    readonly seconds: number;
  }[];
  readonly deadObjects: IQueue;
  readonly deadCalls: IQueue;
}): AlarmSpec[] {
  return [
    deadLetterAlarm('dead-objects', of.deadObjects, {
      severity: 'critical',
      meaning: 'Dropped files could not be started, and nobody tries any more.',
      runbook: 'dead-objects',
    }),
    deadLetterAlarm('dead-calls', of.deadCalls, {
      severity: 'critical',
      meaning: 'The function that settles broken runs, or the watchdog, failed.',
      runbook: 'dead-calls',
    }),
    {
      id: 'executions-throttled',
      severity: 'warning',
      metric: {
        namespace: 'AWS/States',
        name: 'ExecutionThrottled',
        dimensions: { StateMachineArn: of.stateMachine },
        statistic: 'Sum',
        minutes: 5,
      },
      above: 0,
      missing: fine,
      meaning: 'Step Functions slowed executions down; runs take longer.',
      runbook: 'throttled',
    },
    {
      id: 'executions-timed-out',
      severity: 'critical',
      metric: {
        namespace: 'AWS/States',
        name: 'ExecutionsTimedOut',
        dimensions: { StateMachineArn: of.stateMachine },
        statistic: 'Sum',
        minutes: 5,
      },
      above: 0,
      missing: fine,
      meaning: 'An execution passed the six hours that it has, and was stopped.',
      runbook: 'run-failed',
    },
    ...of.stages.flatMap(({ stage, functionName, seconds }): AlarmSpec[] => {
      const metric = (name: string, statistic: string) => ({
        metric: {
          namespace: 'AWS/Lambda',
          name,
          dimensions: { FunctionName: functionName },
          statistic,
          minutes: 5,
        },
        severity: 'warning' as const,
        missing: fine,
      });
      return [
        {
          ...metric('Throttles', 'Sum'),
          id: `${stage}-throttled`,
          above: 0,
          meaning: `Calls of ${stage} were refused, because the account's functions run at their limit; they are tried again.`,
          runbook: 'throttled',
        },
        {
          ...metric('Duration', 'Maximum'),
          id: `${stage}-near-timeout`,
          above: seconds * 1000 * 0.8,
          meaning: `A call of ${stage} took more than 80 % of the ${seconds} seconds that it has.`,
          runbook: 'near-timeout',
        },
      ];
    }),
  ];
}

/** Fires for the first message: a queue of dead letters is empty, or somebody has work. */
export function deadLetterAlarm(
  id: string,
  queue: IQueue,
  words: Pick<AlarmSpec, 'severity' | 'meaning' | 'runbook'>,
): AlarmSpec {
  return {
    id,
    ...words,
    metric: {
      namespace: 'AWS/SQS',
      name: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.queueName },
      statistic: 'Maximum',
      minutes: 5,
    },
    above: 0,
    missing: fine,
  };
}

/** A share as a percentage, without the noise of binary fractions. */
const percent = (share: number): number => Math.round(share * 1e8) / 1e6;
