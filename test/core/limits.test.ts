/** The limits, as they are written down for those who meet them. */

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../core/limits.ts';

const units: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

test('the table of the reference has every limit with its default', async () => {
  const text = await readFile(new URL('../../docs/reference.md', import.meta.url), 'utf8');
  const section = /^## Limits$(.*?)^## /ms.exec(text)![1]!;
  const rows = [...section.matchAll(/^\| `(\w+)` +\| +([\d,]+) ?(\w*) \|/gm)];
  const written = rows.map(([, name, count, unit]) => [
    name,
    Number(count!.replaceAll(',', '')) * units[unit!]!,
  ]);
  expect(Object.fromEntries(written)).toEqual(defaultLimits);
  expect(Object.isFrozen(defaultLimits)).toBe(true);
});

test('a stage is stopped by its own limit before Lambda ends it without a word', async () => {
  const asl = JSON.parse(
    await readFile(new URL('../../statemachines/batch.asl.json', import.meta.url), 'utf8'),
  );
  expect(asl.States.Ingest.TimeoutSeconds).toBe(900);
  expect(defaultLimits.stageSeconds).toBeLessThan(asl.States.Ingest.TimeoutSeconds);
});
