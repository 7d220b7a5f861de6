import { describe, expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { told } from '../../support/plan-on-database.js';
import { expectExact, held, startFill, TABLE } from './held-run.js';

for (const major of [18, 15]) {
  const { database, query, value } = await testDatabase({ major });
  const LOAD = { query: { sql: 'SELECT points FROM load', at_most: 5 } };
  const prepare = (points: number | string): Promise<unknown> =>
    query(`${TABLE}; DROP TABLE IF EXISTS load; CREATE TABLE load AS SELECT ${points} AS points`);

  describe(`a query of the plan, on server ${major}`, () => {
    test('above its limit nothing is written; at it the run goes on', async () => {
      await prepare(6);
      const run = startFill(database, LOAD);
      const event = await run.until(held);
      expect(event.signals).toEqual([
        { name: 'query', value: 6, limit: 5, unit: 'number', over: true, reason: 'the query returned 6 > 5' },
      ]);
      expect(await value('SELECT count(*)::int FROM n WHERE n > 0')).toBe(0);
      await query('UPDATE load SET points = 5');
      await expectExact(run, query);
    });
  });

  test(`a stop ends a hold at once, on server ${major}`, async () => {
    await prepare(6);
    const run = startFill(database, LOAD);
    await run.until(held);
    run.stop();
    const stopped = await run.result;
    expect(told(stopped)).toBe('exit 6');
    expect(await value('SELECT count(*)::int FROM n WHERE n > 0')).toBe(0);
    await query('UPDATE load SET points = 0');
    await expectExact(startFill(database, LOAD, { plan: run.plan }), query);
  });
}
