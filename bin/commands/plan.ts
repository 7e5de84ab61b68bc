/** `sluice plan`: what a definition becomes, for each source its SQL and where each rule is checked. */

import { describePlan } from '../../core/plan/describe.ts';
import { sourceSays } from '../../core/sources/source.ts';
import { findPipeline } from '../find-pipeline.ts';
import type { Terminal } from '../terminal.ts';
import { aligned, counted, visible, visibleLines } from '../text.ts';

export async function plan(terminal: Terminal, name: string): Promise<number> {
  const pipeline = await findPipeline(name, terminal.cwd);
  const { paint } = terminal;
  const lines = [`${paint('bold', pipeline.name)}  ${visible(pipeline.description)}`];
  for (const [i, described] of describePlan(pipeline).entries()) {
    const rules = described.rules.map(({ column, code, expects, engine }) => [
      visible(column ?? 'row'),
      visible(code),
      visible(expects),
      engine,
    ]);
    const [head = '', ...table] = aligned([['column', 'code', 'expects', 'checked by'], ...rules]);
    lines.push(
      '',
      `${paint('bold', `source ${i + 1}`)}  ${visible(sourceSays(pipeline.sources[i]!))}, ${counted(rules.length, 'rule')}`,
      '',
      `  ${paint('dim', head)}`,
      ...table.map((line) => `  ${line}`),
      '',
      ...visibleLines(described.sql)
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
    );
  }
  lines.push('');
  for (const { table, write, partitionBy } of pipeline.sinks) {
    const parts = partitionBy.length === 0 ? '' : `, partitioned by ${partitionBy.join(', ')}`;
    lines.push(`${paint('bold', 'sink')}  table ${table}, ${write}${parts}`);
  }
  terminal.out(`${lines.join('\n')}\n`);
  return 0;
}
