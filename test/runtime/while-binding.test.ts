/** Work that goes on while a definition is looked at: what is wrong with the definition is what is said. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definePipeline, format, sink, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { localWorld } from '../../runtime/local/world.ts';
import { whileBinding } from '../../runtime/while-binding.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const where = (condition: ReturnType<typeof sql>): Pipeline =>
  definePipeline({
    name: 'bound',
    owner: 'test',
    description: 'A condition.',
    row: z.object({ id: z.int() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    transform: (rows) => rows.where(() => condition),
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 't', write: 'append' })],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

const right = () => where(sql`id > 1`);
const wrong = () => where(sql`nothing > 1`);
const refused = { name: 'DefinitionError', message: expect.stringContaining('nothing') };
const world = async () => localWorld({ out: join(await temporaryFolder(), 'out') });

function mayGo(mayGoOn: () => void): boolean {
  try {
    mayGoOn();
    return true;
  } catch {
    return false;
  }
}

describe('a definition that is right', () => {
  test('leaves what the work gives', async () => {
    expect(await whileBinding(await world(), right(), async (mayGoOn) => (mayGoOn(), 7))).toBe(7);
  });

  test('leaves what the work throws', async () => {
    const failing = whileBinding(await world(), right(), () => Promise.reject(new Error('unreadable')));
    await expect(failing).rejects.toThrow('unreadable');
  });
});

describe('a definition that is wrong', () => {
  test('ends the work as soon as it asks whether it may go on', async () => {
    let asked = 0;
    const endless = async (mayGoOn: () => void): Promise<never> => {
      for (;;) {
        asked++;
        mayGoOn();
        await new Promise((done) => setImmediate(done));
      }
    };
    await expect(whileBinding(await world(), wrong(), endless)).rejects.toMatchObject(refused);
    expect(asked).toBeGreaterThan(1);
  });

  test('is told whatever the work gives or throws, and not before the work has ended', async () => {
    const ended: string[] = [];
    const work =
      (how: 'gives' | 'throws') =>
      async (mayGoOn: () => void): Promise<void> => {
        while (mayGo(mayGoOn)) await new Promise((done) => setImmediate(done));
        ended.push(how);
        if (how === 'throws') throw new Error('unreadable');
      };
    for (const how of ['gives', 'throws'] as const)
      await expect(whileBinding(await world(), wrong(), work(how))).rejects.toMatchObject(refused);
    expect(ended).toEqual(['gives', 'throws']);
  });
});
