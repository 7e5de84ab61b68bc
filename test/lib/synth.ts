/** The app's stacks made for a test: with the flags of `cdk.json`, and without bundling anything. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { check, definePipeline, format, sink, z } from '../../core/vocabulary.ts';
import { LakeStack, type LakeStackProps } from '../../lib/lake-stack.ts';
import { PipelineStack, type PipelineStackProps } from '../../lib/pipeline-stack.ts';

export type Context = Readonly<Record<string, unknown>>;

export const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly app: string;
  readonly context: Context;
};

// CDK's own rules take seconds for each app: one test asks for them.
process.env['CDK_VALIDATION'] = 'false';

const outdir = mkdtempSync(join(tmpdir(), 'sluice-cdk-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

export const makeApp = (given: Context = {}): App =>
  new App({
    context: { ...cdkJson.context, ...given, 'aws:cdk:bundling-stacks': [] },
    outdir: mkdtempSync(join(outdir, 'app-')),
  });

export interface Made {
  readonly lake: LakeStack;
  readonly stack: PipelineStack;
  readonly lakeTemplate: Template;
  readonly template: Template;
}

export interface MadeWith {
  readonly context?: Context;
  readonly lake?: LakeStackProps;
  readonly pipeline?: (lake: LakeStack) => Partial<PipelineStackProps>;
}

/** The lake and one pipeline. */
export function make({ context, lake: props, pipeline: more }: MadeWith = {}): Made {
  const app = makeApp(context);
  const lake = new LakeStack(app, 'Lake', props);
  const pipeline = shop();
  const stack = new PipelineStack(app, pipeline.name, { pipeline, lake, ...more?.(lake) });
  return { lake, stack, lakeTemplate: Template.fromStack(lake), template: Template.fromStack(stack) };
}

export const shop = (
  name = 'shop',
  prefix = `${name}/`,
  table = name.replaceAll('-', '_'),
  write: 'append' | 'upsert' = 'append',
): Pipeline =>
  definePipeline({
    name,
    owner: 'sales & more <sales@example.com>',
    description: 'Orders of the shop.',
    row: z.object({ id: z.string().min(1).describe('Number of the order'), amount: z.number().nullable() }),
    sources: (source) => [source.files({ prefix, match: '*.csv', format: format.csv() })],
    checks: () => [check.rowCount({ min: 1 })],
    gate: { rejected: { atMost: 0.1 } },
    sinks: (o) => [sink.lake(write === 'append' ? { table, write } : { table, write, key: [o['id']!] })],
    sla: { latency: '10 minutes', freshness: '6 hours', errorRate: 0.07 },
  });

export interface Resource {
  readonly Type: string;
  // A template is data of many shapes; tests look at it by name.
  readonly Properties: Readonly<Record<string, any>>;
  readonly DeletionPolicy?: string;
}

/** The resources of a type, by their logical ids. */
export function resources(template: Template, type: string): Readonly<Record<string, Resource>> {
  const all = template.toJSON()['Resources'] as Record<string, Resource>;
  return Object.fromEntries(Object.entries(all).filter(([, { Type }]) => Type === type));
}

/** A value of a template as one text: names in the place of references. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join('');
  const [[name, of] = ['', '']] = Object.entries(value as Record<string, unknown>);
  if (name === 'Fn::Join') return textOf((of as [string, unknown[]])[1]);
  if (name === 'Fn::ImportValue')
    return nameOf((of as string).replace(/^[\w-]+:ExportsOutput(Ref|FnGetAtt)/, ''));
  if (name === 'Fn::GetAtt') return nameOf((of as string[])[0]!);
  if (name === 'Ref')
    return (of as string).startsWith('AWS::') ? (of as string).slice(5).toLowerCase() : nameOf(of as string);
  throw new Error(`Not a text: ${JSON.stringify(value)}`);
}

/** A logical id without its hash. */
const nameOf = (id: string): string => id.replace(/[0-9A-F]{8}(Arn)?[0-9A-F]{0,8}$/, '');
