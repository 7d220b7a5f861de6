import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { expectExact, held, startFill, TABLE } from './held-run.js';

for (const major of ON_NEW) {
  const { database, query, value } = await testDatabase({ major });
  const LOAD = { query: { sql: 'SELECT points FROM load', at_most: 5 } };
  const load = (points: number | string): Promise<unknown> => query(`UPDATE load SET points = ${points}`);
  const written = (): Promise<unknown> => value('SELECT count(*)::int FROM n WHERE n > 0');
  const trail = async (): Promise<readonly unknown[]> =>
    query(`SELECT event, details::jsonb - 'heldMs' AS details, (details->>'heldMs')::int > 0 AS took
      FROM lockstep.event WHERE event LIKE 'throttle%' ORDER BY id`);

  describe(`a query of the plan as a signal, on server ${major}`, () => {
    beforeEach(() => query(`${TABLE}; CREATE TABLE load AS SELECT 6::numeric AS points`));
    afterEach(() => query('DROP TABLE load'));

    test('above its limit nothing is written; at it the run goes on; the trail tells', async () => {
      const run = startFill(database, LOAD);
      const event = await run.until(held);
      expect(event.signals).toEqual([
        { name: 'query', value: 6, limit: 5, unit: 'number', over: true, reason: 'the query returned 6 > 5' },
      ]);
      await run.until(held);
      expect(await written()).toBe(0);
      const during = await statusCommand({ database, run: run.plan.name });
      expect(during.report?.run?.throttle).toMatchObject({ holds: 0, lastReason: 'the query returned 6 > 5' });
      expect(during.report?.run?.throttle?.heldSince).toMatch(/^\d{4}-/);
      await load(5);
      await expectExact(run, query);
      const details = { reason: 'the query returned 6 > 5' };
      expect(await trail()).toEqual([
        { event: 'throttled', details, took: null },
        { event: 'throttle ended', details, took: true },
      ]);
      const { throttle } = (await run.result).report!.run;
      expect(throttle).toMatchObject({ holds: 1, lastReason: details.reason, heldSince: null, stoppedBecause: null });
      expect(throttle!.heldMs).toBeGreaterThan(0);
    });

    test('a stop ends a hold at once, in the trail too', async () => {
      const run = startFill(database, LOAD);
      await run.until(held);
      run.stop();
      expect(told(await run.result)).toBe('exit 6');
      expect(await written()).toBe(0);
      expect((await trail()).at(-1)).toMatchObject({ event: 'throttle ended' });
      await load(0);
      await expectExact(startFill(database, LOAD, { plan: run.plan }), query);
    });

    test.each([
      ['NULL', 'NULL', 'the query returned no number'],
      ['not a number', `'NaN'`, 'the query returned no number'],
    ])('%s is not calm: the run stops, and goes on', async (_, points, says) => {
      await load(points);
      const run = startFill(database, LOAD);
      const stopped = await run.result;
      expect(told(stopped)).toMatch(`exit 6\nLS9033 \`query\`: ${says}. → see that the query returns one number`);
      expect(await written()).toBe(0);
      expect(stopped.report!.run.throttle).toMatchObject({ stoppedBecause: says });
      await load(0);
      await expectExact(startFill(database, LOAD, { plan: run.plan }), query);
    });

    test('one that fails while batches are at work stops them at a checkpoint', async () => {
      await load(0);
      const run = startFill(database, LOAD, { expression: 'n + 1 + (pg_sleep(0.03) IS NULL)::int' });
      await run.until(({ signals }) => signals.length > 0);
      await query('ALTER TABLE load RENAME TO elsewhere');
      expect(told(await run.result)).toMatch('exit 6\nLS9033 `query`: relation "load" does not exist.');
      const before = Number(await written());
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(200);
      expect(before % 10).toBe(0);
      await query('ALTER TABLE elsewhere RENAME TO load');
      await expectExact(startFill(database, LOAD, { plan: run.plan }), query);
    });

    test('the server is asked about it when the plan is compiled', async () => {
      const sql = 'SELECT points, points FROM load';
      const run = startFill(database, { query: { sql, at_most: 5 } });
      expect(told(await run.result)).toMatch('exit 3\nLS9014 throttle query: subquery must return only one column');
    });

    test('a statement waits for it before it begins; its locks are not asked for', async () => {
      const plan = planOn(database, {
        name: 'statements',
        throttle: LOAD,
        steps: [{ id: 'add', ddl: 'ALTER TABLE n ADD COLUMN extra int' }],
      });
      let release = (): void => undefined;
      const isHeld = new Promise<void>((resolve) => (release = resolve));
      const result = plan.apply({ observe: (event) => event.type === 'throttle' && event.held && release() });
      await isHeld;
      const columns = `SELECT count(*)::int FROM information_schema.columns WHERE table_name = 'n'`;
      expect(await value(columns)).toBe(2);
      await load(5);
      expect(told(await result)).toBe('exit 0');
      expect(await value(columns)).toBe(3);
    });

    test('the way back waits for it as well; who says to ignore it goes on, and stands in the trail', async () => {
      await load(5);
      const run = startFill(database, LOAD);
      await expectExact(run, query);
      await load(6);
      let seen = 0;
      const back = run.plan.rollback({ observe: (event) => event.type === 'throttle' && event.held && seen++ });
      while (seen === 0) await new Promise((resolve) => setTimeout(resolve, 25));
      expect(await written()).toBe(200);
      await load(5);
      expect(told(await back)).toBe('exit 0');
      expect(await written()).toBe(0);

      await load('NULL');
      const again = startFill(database, LOAD, { plan: run.plan, ignoreThrottle: ['query'] });
      await expectExact(again, query);
      expect((await trail()).at(-1)).toEqual({
        event: 'throttle ignored',
        details: { signals: ['query'] },
        took: null,
      });
      expect(again.events.some(({ type }) => type === 'throttle')).toBe(false);
    });
  });
}
