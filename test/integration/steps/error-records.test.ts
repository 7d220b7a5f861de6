/** A row that failed is told by the same four, whatever failed on it: table, id, error and time. */
import { afterEach, describe, expect, test } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

for (const major of ON_NEW) {
  const db = await testDatabase({ major });
  const { database, query } = db;
  const run = async () => (await statusCommand({ database, run: 'rows' })).report!.run!;
  const fill = (onError?: unknown) => ({
    id: 'fill',
    backfill: { table: 'word', set: { n: 'CAST(text AS int)' }, ...(onError !== undefined && { on_error: onError }) },
  });

  describe(`records of errors, on server ${major}`, () => {
    afterEach(() => forgetTables(db));

    test('of a backfill that sets rows aside, and of one that stops', async () => {
      await query(
        `CREATE TABLE word (a int, b text, text text, n int, PRIMARY KEY (a, b)); INSERT INTO word VALUES (1, 'x', '1'), (2, 'y', 'no')`,
      );
      const wanted = {
        ...{ table: 'public.word', id: '2, y', error: 'invalid input syntax for type integer: "no"' },
        timestamp: expect.stringMatching(TIME) as string,
      };
      await planOn(database, { name: 'rows', steps: [fill({ quarantine: 5 })] }).apply();
      expect((await run()).quarantined).toMatchObject([wanted]);
      await planOn(database, { name: 'stops', steps: [fill()] }).apply();
      const { report } = await statusCommand({ database, run: 'stops' });
      expect(report!.run!.operations.flatMap(({ outcome }) => outcome?.error?.record ?? [])).toEqual([wanted]);
    });

    test('of a conversion that sets rows aside', async () => {
      await query(
        `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE event (id text PRIMARY KEY, user_id int); INSERT INTO event VALUES ('e1', 7)`,
      );
      const keys = { table: 'users', value: 'random', references: ['event.user_id'], orphans: 'quarantine' };
      await planOn(database, { name: 'rows', steps: [{ id: 'keys', convert_uuid: keys }] }).apply();
      const { quarantined } = JSON.parse(JSON.stringify(await run())) as { quarantined: readonly unknown[] };
      expect(quarantined).toMatchObject([
        {
          ...{ table: 'public.event', id: 'e1', error: 'user_id = 7 finds no row of public.users' },
          timestamp: expect.stringMatching(TIME) as string,
        },
      ]);
    });
  });
}
