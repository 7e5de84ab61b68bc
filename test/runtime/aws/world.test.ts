import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { awsNotifications } from '../../../runtime/aws/notifications.ts';
import { awsWorld } from '../../../runtime/aws/world.ts';
import { statuses } from '../../../runtime/result.ts';
import { notificationsConformance } from '../../support/conformance/notifications.ts';
import { aReason, aRecord } from '../../support/records.ts';

const env = {
  SLUICE_PIPELINE: 'movies',
  SLUICE_ENV: 'dev',
  SLUICE_LAKE: 's3://the-lake',
  SLUICE_QUARANTINE: 's3://the-quarantine',
  SLUICE_WORK: 's3://the-work',
  SLUICE_LEDGER: 'the-ledger',
};

/** What Powertools prints: the metrics of the embedded format, one line each. */
let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'pipeline');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const newNotifications = () =>
  awsNotifications({ metrics: new Metrics({ namespace: 'Sluice' }), environment: 'dev' });

describe('the world of AWS', () => {
  test('has each thing where the environment says', () => {
    const { layout, scratch, limits } = awsWorld(env);
    expect(layout.table('movies')).toBe('s3://the-lake/lake/movies');
    expect(layout.quarantinedRecords).toBe('s3://the-quarantine/quarantine/records');
    expect(layout.work('movies', 'e')).toBe('s3://the-work/work/movies/e');
    expect(scratch).toMatch(/\/sluice$/);
    expect(limits.stageSeconds).toBeLessThan(900);
  });

  test.each([
    ['512', { memoryMb: 281, threads: 1 }],
    ['1769', { memoryMb: 972, threads: 1 }],
    ['3008', { memoryMb: 1654, threads: 2 }],
    ['3538', { memoryMb: 1945, threads: 2 }],
    ['10240', { memoryMb: 5632, threads: 6 }],
  ])(
    'a function of %s MB gives the engine its share and its processors',
    (AWS_LAMBDA_FUNCTION_MEMORY_SIZE, engine) => {
      expect(awsWorld({ ...env, AWS_LAMBDA_FUNCTION_MEMORY_SIZE }).engine).toEqual(engine);
    },
  );

  test('says every variable that is missing or wrong at once', () => {
    const { SLUICE_LEDGER: _ledger, ...rest } = env;
    const wrong = () => awsWorld({ ...rest, SLUICE_LAKE: 's3://the-lake/' });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(/SLUICE_LAKE[^]*SLUICE_LEDGER|SLUICE_LEDGER[^]*SLUICE_LAKE/);
  });

  test('without a topic there are no notices', async () => {
    const sns = mockClient(SNSClient);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await awsWorld(env).notifications.settled(aRecord());
    expect(sns.commandCalls(PublishCommand)).toEqual([]);
    expect(warned).not.toHaveBeenCalled();
    sns.restore();
  });

  test('a notice that cannot be delivered does not change a run', async () => {
    const sns = mockClient(SNSClient);
    sns.on(PublishCommand).rejects(new Error('no such topic'));
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const world = awsWorld({ ...env, SLUICE_TOPIC_INFO: 'arn:aws:sns:us-east-1:1:info' });
    await world.notifications.settled(aRecord());
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('no such topic'));
    expect(lines).toHaveLength(1);
    sns.restore();
  });
});

describe('notifications on AWS', () => {
  notificationsConformance(newNotifications);

  test('a settled run is one line of metrics, by pipeline and environment alone', async () => {
    await newNotifications().settled(
      aRecord({
        status: 'published-with-rejects',
        records: { read: 40, loaded: 37, quarantined: 3 },
        durationMs: 1500,
      }),
    );
    expect(lines).toHaveLength(1);
    const [{ _aws, ...values }] = lines as [{ _aws: { CloudWatchMetrics: object[] } }];
    expect(values).toEqual({
      pipeline: 'movies',
      environment: 'dev',
      ErrorRate: 7.5,
      LatencySeconds: 1.5,
      RunFailed: 0,
      RunHeld: 0,
      ObjectRejected: 0,
      Unreconciled: 0,
      RecordsRead: 40,
      RecordsLoaded: 37,
      RecordsQuarantined: 3,
    });
    expect(_aws.CloudWatchMetrics).toMatchObject([
      { Namespace: 'Sluice', Dimensions: [['pipeline', 'environment']] },
    ]);
  });

  test('with the library as it comes, no alarm on these dimensions would find a metric', () => {
    const metrics = new Metrics({ namespace: 'Sluice' });
    metrics.addDimensions({ pipeline: 'movies', environment: 'dev' });
    metrics.addMetric('RunFailed', 'Count', 1);
    metrics.publishStoredMetrics();
    expect(lines).toMatchObject([
      { _aws: { CloudWatchMetrics: [{ Dimensions: [['service', 'pipeline', 'environment']] }] } },
    ]);
  });

  test('each status raises its own metric, and runs without records have no rate of errors', async () => {
    const raised: Record<string, string[]> = {};
    const notifications = newNotifications();
    for (const status of statuses) {
      lines = [];
      await notifications.settled(aRecord({ status, records: { read: null, loaded: 0 } }));
      const names = ['RunFailed', 'RunHeld', 'ObjectRejected', 'Unreconciled', 'ErrorRate'];
      raised[status] = names.filter((name) => lines[0]![name] !== 0);
    }
    expect(raised).toEqual({
      published: [],
      'published-with-rejects': [],
      duplicate: [],
      held: ['RunHeld'],
      rejected: ['ObjectRejected'],
      failed: ['RunFailed'],
    });
    lines = [];
    const error = { name: 'ReconciliationError', message: 'the numbers do not agree' };
    await notifications.settled(aRecord({ status: 'failed', error }));
    expect(lines).toMatchObject([{ RunFailed: 1, Unreconciled: 1 }]);
  });

  test('a notice tells counts and reasons, and no value; one that fails says which permission', async () => {
    const sns = mockClient(SNSClient);
    const topic = 'arn:aws:sns:us-east-1:1:info';
    const notifications = awsNotifications({
      metrics: new Metrics({ namespace: 'Sluice' }),
      environment: 'dev',
      notices: { sns: new SNSClient({}), topic },
    });
    const error = { name: 'HeldByQualityGateError', message: 'ann@example.com is one of many' };
    const reasons = [aReason({ example: { record: 1, value: 'ann@example.com' } })];
    await notifications.settled(aRecord({ status: 'held', error, reasons }));
    const [call] = sns.commandCalls(PublishCommand);
    expect(call!.args[0].input).toEqual({
      TopicArn: topic,
      Subject: 'dev: movies held',
      Message:
        'Run movies-20260102T030405Z-abcdef01: held.\n' +
        'read 10 = loaded 10 + quarantined 0 + filtered 0 + deduplicated 0 + held 0\n' +
        'Error: HeldByQualityGateError\n' +
        '9 × title decode\n' +
        'Report: /home/me/out/reports/movies/r.json',
    });
    sns.on(PublishCommand).rejects(Object.assign(new Error('slow down'), { name: 'ThrottledException' }));
    await expect(notifications.settled(aRecord())).rejects.toThrow(TransientError);
    sns.restore();
  });
});
