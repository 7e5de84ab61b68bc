/** What is found where no source reads versions of a table: all of it is run. */

import { expect, test } from 'vitest';
import { unreadVersions } from '../../bin/unread-versions.ts';
import { people } from '../support/people.ts';

test('files of a source of files are neither looked into nor left out', async () => {
  const found = ['/data/people.csv', '/data/more.csv'];
  expect(await unreadVersions({} as never, people('csv'), found, new Set())).toEqual({
    objects: found,
    said: [],
  });
});
