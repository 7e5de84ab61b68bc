/** The architecture as rules over source files: who may import whom, what is pure, how a file looks. */

import { posix } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface Rule {
  /** What the rule is about: the first rule whose pattern matches a file's path holds for it. */
  readonly of: RegExp;
  /** Paths of the project and names of packages that it may import. */
  readonly may: readonly RegExp[];
  readonly mayNot?: readonly RegExp[];
}

const contracts = /^core\/(sources\/source|formats\/format|checks\/check|sinks\/sink|transforms\/step)\.ts$/;
const words = /^core\/[\w-]+\.ts$/;
const topWords = /^core\/(vocabulary|pipeline)\.ts$/;
const kinds = /^core\/(sources|formats|checks|sinks|transforms)\//;
const aws = /^@(aws-sdk|smithy|aws-lambda-powertools)\//;
const node = /^node:/;

const rules: readonly Rule[] = [
  { of: /^pipelines\//, may: [/^core\/vocabulary\.ts$/, /^pipelines\//, /^zod$/] },
  {
    of: /^core\/sources\//,
    may: [words, contracts, /^core\/(sources|types)\//, /^zod$/],
    mayNot: [topWords],
  },
  {
    of: /^core\/formats\//,
    may: [words, contracts, /^core\/(formats|types)\//, /^zod$/],
    mayNot: [topWords],
  },
  { of: /^core\/checks\//, may: [words, contracts, /^core\/(checks|types)\//, /^zod$/], mayNot: [topWords] },
  { of: /^core\/sinks\//, may: [words, contracts, /^core\/(sinks|types)\//, /^zod$/], mayNot: [topWords] },
  {
    of: /^core\/transforms\//,
    may: [words, contracts, /^core\/(transforms|types)\//, /^core\/plan\/reason\.ts$/, /^zod$/],
    mayNot: [topWords],
  },
  { of: /^core\/(plan|gate|docs)\//, may: [/^core\//, /^zod$/], mayNot: [/^core\/vocabulary\.ts$/, kinds] },
  { of: /^core\//, may: [/^core\//, /^zod$/] },
  {
    of: /^runtime\/local\//,
    may: [/^runtime\//, /^core\//, node, /^zod$/, /^aws-local-stepfunctions$/],
    mayNot: [/^runtime\/aws\//],
  },
  {
    of: /^runtime\/aws\//,
    may: [/^runtime\//, /^core\//, node, /^zod$/, aws],
    mayNot: [/^runtime\/local\//],
  },
  {
    of: /^runtime\//,
    may: [/^runtime\//, /^core\//, node, /^zod$/, /^@duckdb\/node-api$/],
    mayNot: [/^runtime\/(local|aws)\//],
  },
  {
    of: /^lambdas\//,
    may: [/^runtime\//, /^core\//, /^pipelines\//, /^lambdas\//, /^#pipeline$/, node, /^zod$/, aws],
    mayNot: [/^runtime\/local\//, /^lambdas\/(ingest|transform|validate|load|starter|settle|watchdog)\.ts$/],
  },
  { of: /^lib\//, may: [/^lib\//, /^core\//, node, /^(aws-cdk-lib|constructs|cdk-nag)(\/|$)/] },
  {
    of: /^bin\/app\.ts$/,
    may: [/^lib\//, /^pipelines\//, /^core\//, node, /^(aws-cdk-lib|constructs)(\/|$)/],
  },
  {
    of: /^bin\//,
    may: [/^bin\//, /^runtime\//, /^core\//, /^pipelines\//, node, /^(zod|commander|listr2)$/],
  },
  {
    of: /^(scripts|bench)\//,
    may: [
      /^scripts\//,
      /^bench\//,
      /^runtime\//,
      /^core\//,
      /^pipelines\//,
      /^test\/simulation\//,
      node,
      /^(zod|csv-parse\/.*|csv-parse|@duckdb\/node-api)$/,
    ],
  },
];

const impure: readonly [RegExp, string][] = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bnew Date\(\s*\)/, 'new Date()'],
  [/\bprocess\./, 'process'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\bperformance\.now\b/, 'performance.now'],
  [/\bconsole\./, 'console'],
];

const LONGEST = 280;

/** Everything that is wrong with the files, one sentence each; empty if nothing is. */
export function violations(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const contract = (path: string) => contracts.test(path);
  const registered = new Set((imports.get('core/vocabulary.ts') ?? []).filter((path) => kinds.test(path)));
  const found: string[] = [];
  for (const { path, text } of files) {
    const rule = rules.find(({ of }) => of.test(path));
    if (rule === undefined) {
      found.push(`${path} is in no known folder; say in test/support/architecture.ts what it may import.`);
      continue;
    }
    for (const target of imports.get(path) ?? []) {
      const allowed = rule.may.some((may) => may.test(target));
      const refused = rule.mayNot?.some((mayNot) => mayNot.test(target)) && !contract(target);
      if (!allowed || refused) found.push(`${path} may not import ${target}.`);
      else if (kinds.test(path) && registered.has(path) && registered.has(target)) {
        found.push(`${path} may not import ${target}: one kind does not know another.`);
      }
    }
    if (path.startsWith('core/')) {
      const code = withoutComments(text);
      for (const [pattern, name] of impure) {
        if (pattern.test(code)) found.push(`${path} uses ${name}; core is pure.`);
      }
    }
    if (!/^\/\*\*[^]*?\*\/\s*\n/.test(text))
      found.push(`${path} does not open with a sentence on what it is.`);
    const lines = text.split('\n').length - 1;
    if (lines > LONGEST) found.push(`${path} has ${lines} lines, ${LONGEST} are the most; it is two files.`);
  }
  return [...found, ...cycles(imports)];
}

/** What a file imports: paths of the project, names of packages as they are. */
function importsOf({ path, text }: SourceFile): string[] {
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), fileName)) : fileName,
    );
}

function cycles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push(`A cycle of imports: ${[...trail.slice(at), path].join(' → ')}.`);
    if (at >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) if (imports.has(target)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');
