/** Alarms: each follows from a promise or a fault, says what it means, goes somewhere, and has its runbook. */

import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fixedCost } from '../../lib/fixed-cost.ts';
import { runAlarms } from '../../lib/pipeline-alarms.ts';
import { make, resources, shop, textOf } from './synth.ts';

const made = make({ context: { notify: 'team@example.com' } });
const alarms = [made.template, made.lakeTemplate].flatMap((template) =>
  Object.values(resources(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties),
);
const short = (name: string): string => name.replace(/^sluice-dev-(shop-)?/, '');
const folder = fileURLToPath(new URL('../../docs/runbooks/', import.meta.url));
const runbooks = globSync('*.md', { cwd: folder });

test('these there are: what is looked at, above what it fires, what no number means, who is told', () => {
  const told = Object.fromEntries(
    alarms.map((a) => [
      short(a['AlarmName']),
      [
        `${a['Statistic'] ?? a['ExtendedStatistic']} ${a['MetricName']} / ${a['Period'] / 60} min × ${a['EvaluationPeriods']}`,
        a['Threshold'],
        a['TreatMissingData'],
        textOf(a['AlarmActions']),
      ],
    ]),
  );
  const stage = (name: string) => ({
    [`${name}-throttled`]: ['Sum Throttles / 5 min × 1', 0, 'notBreaching', 'Warning'],
    [`${name}-near-timeout`]: ['Maximum Duration / 5 min × 1', 720_000, 'notBreaching', 'Warning'],
  });
  const dead = 'Maximum ApproximateNumberOfMessagesVisible / 5 min × 1';
  expect(told).toEqual({
    'error-rate': ['Maximum ErrorRate / 5 min × 1', 7, 'notBreaching', 'Critical'],
    'error-rate-noticeable': ['Maximum ErrorRate / 5 min × 1', 0.1, 'notBreaching', 'Warning'],
    latency: ['Maximum LatencySeconds / 5 min × 1', 600, 'notBreaching', 'Critical'],
    'latency-p95': ['p95 LatencySeconds / 60 min × 1', 300, 'notBreaching', 'Warning'],
    'run-failed': ['Sum RunFailed / 5 min × 1', 0, 'notBreaching', 'Critical'],
    'run-held': ['Sum RunHeld / 5 min × 1', 0, 'notBreaching', 'Warning'],
    'object-rejected': ['Sum ObjectRejected / 5 min × 1', 0, 'notBreaching', 'Warning'],
    'counts-do-not-agree': ['Sum Unreconciled / 5 min × 1', 0, 'notBreaching', 'Critical'],
    'run-never-ends': ['Maximum OldestOpenRunSeconds / 5 min × 3', 1800, 'breaching', 'Critical'],
    'objects-never-run': ['Maximum ObjectsNeverRun / 5 min × 1', 0, 'notBreaching', 'Warning'],
    'data-too-old': ['Maximum DataAgeSeconds / 5 min × 2', 6 * 3600, 'notBreaching', 'Critical'],
    'dead-objects': [dead, 0, 'notBreaching', 'Critical'],
    'dead-calls': [dead, 0, 'notBreaching', 'Critical'],
    'executions-throttled': ['Sum ExecutionThrottled / 5 min × 1', 0, 'notBreaching', 'Warning'],
    'executions-timed-out': ['Sum ExecutionsTimedOut / 5 min × 1', 0, 'notBreaching', 'Critical'],
    ...stage('ingest'),
    ...stage('transform'),
    ...stage('validate'),
    ...stage('load'),
    'ledger-read-throttled': ['Sum ReadThrottleEvents / 5 min × 1', 0, 'notBreaching', 'Warning'],
    'ledger-write-throttled': ['Sum WriteThrottleEvents / 5 min × 1', 0, 'notBreaching', 'Warning'],
    undelivered: [dead, 0, 'notBreaching', 'Warning'],
  });
});

test.each(alarms.map((a) => [short(a['AlarmName']), a] as const))('%s', (_name, alarm) => {
  // Strictly above: exactly what is promised is kept.
  expect(alarm['ComparisonOperator']).toBe('GreaterThanThreshold');
  // Emulators, and people at night, do no arithmetic with metrics.
  expect(alarm['Metrics']).toBeUndefined();
  expect(textOf(alarm['OKActions'])).toBe('Info');
  const [, meaning, runbook] = /^(.{30,}\.) What to do: docs\/runbooks\/([\w-]+\.md)$/.exec(
    alarm['AlarmDescription'],
  )!;
  expect(meaning).toBeDefined();
  expect(runbooks).toContain(runbook);
});

test('the numbers of runs are looked for by exactly the dimensions that runtime/aws/ writes them with', () => {
  for (const { metric } of runAlarms(shop(), 'dev')) {
    expect(metric.namespace).toBe('Sluice');
    expect(metric.dimensions).toEqual({ pipeline: 'shop', environment: 'dev' });
  }
});

describe('what follows from the sla', () => {
  const above = (sla: object) =>
    Object.fromEntries(
      runAlarms({ ...shop(), sla: sla as never }, 'dev').map(({ id, above: at }) => [id, at]),
    );

  test.each([
    ['no error rate promised', { latency: '10 minutes' }, { 'error-rate': 5, 'error-rate-noticeable': 0.1 }],
    [
      'a strict one',
      { latency: '10 minutes', errorRate: 0.001 },
      { 'error-rate': 0.1, 'error-rate-noticeable': 0.05 },
    ],
    [
      'none allowed',
      { latency: '10 minutes', errorRate: 0 },
      { 'error-rate': 0, 'error-rate-noticeable': 0 },
    ],
    [
      'a short latency',
      { latency: '30 seconds' },
      { latency: 30, 'latency-p95': 15, 'run-never-ends': 1800 },
    ],
    ['a long one', { latency: '2 hours' }, { latency: 7200, 'latency-p95': 3600, 'run-never-ends': 14_400 }],
  ])('%s', (_what, sla, expected) => {
    expect(above(sla)).toMatchObject(expected);
  });
});

describe('runbooks', () => {
  const linked = new Set(alarms.map((a) => /([\w-]+)\.md$/.exec(a['AlarmDescription'])![1]));

  test.each(runbooks)('%s is linked by an alarm, and says what to look at and what to do', (file) => {
    expect(linked).toContain(basename(file, '.md'));
    const text = readFileSync(folder + file, 'utf8');
    for (const heading of ['## What it means', '## Look', '## Do']) expect(text).toContain(`\n${heading}\n`);
    expect(text).toMatch(/```sh\n[^`]+```/);
  });

  test('`-c runbooks=` says where else they are', () => {
    const { template } = make({ context: { runbooks: 'https://wiki.example.com/sluice' } });
    const [alarm] = Object.values(resources(template, 'AWS::CloudWatch::Alarm'));
    expect(alarm!.Properties['AlarmDescription']).toMatch(
      / What to do: https:\/\/wiki\.example\.com\/sluice\/[\w-]+\.md$/,
    );
  });
});

test('the fixed cost is that of the alarms and metrics there are, and the one that docs/cost.md states', () => {
  const ofPipeline = Object.keys(resources(made.template, 'AWS::CloudWatch::Alarm')).length;
  const { idle, busy } = fixedCost(ofPipeline);
  expect([ofPipeline, idle.toFixed(2), busy.toFixed(2)]).toEqual([23, '3.20', '5.90']);
  const text = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
  for (const number of [`${ofPipeline} alarms`, idle.toFixed(2), busy.toFixed(2)])
    expect(text).toContain(number);
});
