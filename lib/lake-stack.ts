/** What all pipelines of an environment share: buckets, ledger, key, topics, catalogue. */

import { CfnOutput, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { quarantineTable } from '../core/quarantine-table.ts';
import { alarmTopics, type AlarmTopics } from './alarm-topics.ts';
import { addLakeAlarms } from './lake-alarms.ts';
import { claims, type Claim } from './claims.ts';
import { dataBucket, logBucket, sendEvents } from './data-bucket.ts';
import { environmentOf, type Environment } from './environment.ts';
import { glueTable } from './glue-table.ts';
import { lakeKey } from './lake-key.ts';
import { ledgerTable } from './ledger-table.ts';

export interface LakeStackProps extends StackProps {
  /** The bucket that files are dropped in. Its events must go to EventBridge. @default a new one */
  readonly landing?: IBucket;
  /** The bucket of the tables and reports. Its events must go to EventBridge if a table is a source. @default a new one */
  readonly lake?: IBucket;
  /** The bucket of rejected records and objects. @default a new one */
  readonly quarantine?: IBucket;
  /** The bucket of what executions stage. @default a new one */
  readonly work?: IBucket;
  /** The key of all of it. Its policy must hold `keyStatements` of `lake-key.ts`. @default a new one */
  readonly key?: IKey;
  /** Who gets alarms by e-mail. @default what `-c notify=` says, else nobody */
  readonly notify?: string;
  /** Where the runbooks can be read, which alarms link. @default what `-c runbooks=` says, else their folder here */
  readonly runbooks?: string;
}

export class LakeStack extends Stack {
  readonly environmentSettings: Environment;
  readonly landing: IBucket;
  readonly lake: IBucket;
  readonly quarantine: IBucket;
  readonly work: IBucket;
  readonly key: IKey;
  readonly ledger: ITable;
  readonly topics: AlarmTopics;
  readonly catalog: CfnDatabase;
  readonly runbooks: string;
  /** Takes a pipeline; refuses what another has. */
  readonly claim: Claim;
  private readonly isLakeOwn: boolean;

  constructor(scope: Construct, id: string, props: LakeStackProps = {}) {
    const environment = environmentOf(scope);
    super(scope, id, {
      stackName: `sluice-${environment.name}`,
      description: `Sluice ${environment.name}: buckets, ledger, key, topics and catalogue of all pipelines`,
      terminationProtection: environment.protect,
      ...props,
    });
    this.environmentSettings = environment;
    this.runbooks = props.runbooks ?? this.node.tryGetContext('runbooks') ?? 'docs/runbooks';
    this.key = props.key ?? lakeKey(this, environment);
    const logs = logBucket(this, environment);
    const common = { environment, key: this.key, logs };
    this.landing = props.landing ?? dataBucket(this, 'Landing', { ...common, versioned: true, events: true });
    this.isLakeOwn = props.lake === undefined;
    this.lake = props.lake ?? dataBucket(this, 'Lake', { ...common, versioned: true });
    this.quarantine = props.quarantine ?? dataBucket(this, 'Quarantine', { ...common, versioned: true });
    this.work =
      props.work ??
      dataBucket(this, 'Work', { ...common, versioned: false, expireDays: environment.workDays });
    const ledger = ledgerTable(this, environment, this.key);
    this.ledger = ledger;
    const notify: string | undefined = props.notify ?? this.node.tryGetContext('notify');
    const { topics, undelivered } = alarmTopics(this, { environment, key: this.key, notify });
    this.topics = topics;
    this.catalog = this.addCatalog(environment);
    this.claim = claims([QUARANTINE_TABLE]);
    addLakeAlarms(this, {
      ledger,
      undelivered,
      topics,
      environment: environment.name,
      runbooks: this.runbooks,
    });
    this.addOutputs();
    Tags.of(this).add('app', 'sluice');
    Tags.of(this).add('sluice:environment', environment.name);
  }

  /**
   * Has new versions of tables told: only where a pipeline has a table as its source, since most objects there concern nobody.
   * A bucket that was given is left as it is.
   */
  tellVersions(): void {
    if (this.isLakeOwn) sendEvents(this.lake);
  }

  /** Only Glue's database and the table of rejected records: each pipeline's stack brings the table it writes. */
  private addCatalog({ name }: Environment): CfnDatabase {
    const database = new CfnDatabase(this, 'Catalog', {
      catalogId: this.account,
      databaseInput: { name: `sluice_${name}`, description: `Tables of Sluice, environment ${name}` },
    });
    glueTable(this, 'QuarantineTable', {
      database,
      name: QUARANTINE_TABLE,
      description: quarantineTable.description,
      location: this.quarantine.s3UrlForObject('quarantine/records'),
      fields: quarantineTable.fields,
    });
    return database;
  }

  private addOutputs(): void {
    const outputs = {
      LandingBucket: [this.landing.bucketName, 'Where files are dropped'],
      LakeUri: [this.lake.s3UrlForObject(), 'Tables and reports'],
      QuarantineUri: [this.quarantine.s3UrlForObject('quarantine'), 'Rejected records and objects'],
      WorkUri: [this.work.s3UrlForObject(), 'What executions stage'],
      LedgerTable: [this.ledger.tableName, 'Which contents were worked on, and what came of it'],
      CriticalTopic: [this.topics.critical.topicArn, 'Subscribe to it what wakes somebody'],
      WarningTopic: [this.topics.warning.topicArn, 'Subscribe to it what is read in the morning'],
      CatalogDatabase: [this.catalog.ref, 'The database of the tables, for Athena'],
    } as const;
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value, description });
    }
  }
}

const QUARANTINE_TABLE = 'quarantine_records';
