/**
 * Keys that change, and rows that are not what their event says any more: the application sees what it would see without a
 * window, both sides say the same, and what hangs on a row of the other side stays with it.
 */
import { describe, expect, it } from 'vitest';

import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { MOVING_KEYS, type MovingKeys } from './moving-keys.js';
import { forgetTables } from './whole-cycle.js';

async function answer({ query }: Pick<TestDatabase, 'query'>, sql: string): Promise<readonly string[]> {
  const rows = await query<{ row: string }>(`SELECT q::text AS row FROM (${sql}) AS q ORDER BY q::text COLLATE "C"`);
  return rows.map(({ row }) => row);
}

async function rowsOf(test: TestDatabase, shape: MovingKeys): Promise<readonly (readonly string[])[]> {
  return Promise.all(shape.seen.map((sql) => answer(test, sql)));
}

for (const major of [18, 15]) {
  const [test, alone] = [await testDatabase({ major }), await testDatabase({ major })];

  describe(`beside a window on server ${major}`, () => {
    it.each(MOVING_KEYS.map((shape) => [shape.what, shape] as const))('%s', async (_, shape) => {
      await Promise.all([forgetTables(test), forgetTables(alone)]);
      await Promise.all([test.query(shape.tables), alone.query(shape.tables)]);
      const all = Object.keys(shape.mappings);
      const plan = planOn(test.database, {
        name: 'moving',
        mappings: shape.mappings,
        steps: [
          {
            id: 'in-step',
            dual_write: { mappings: all, ...(shape.both && { direction: 'both' }) },
            ...(shape.both && { allow: { deadlocks: 'nobody writes both sides' } }),
          },
          { id: 'fill', backfill: { mappings: all } },
          ...(shape.cutOver ? [{ id: 'flip', cutover: { windows: ['in-step'] } }] : []),
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      if (/ mark\(\)/.test(shape.tables)) await test.query('SELECT mark()');
      for (const write of shape.writes) {
        await test.query(write);
        if (!shape.cutOver) await alone.query(write);
        expect(await rowsOf(test, shape), write).toEqual(await rowsOf(alone, shape));
        for (const [left, right] of shape.same)
          expect(await answer(test, left), write).toEqual(await answer(test, right));
        for (const [query, rows] of shape.stays)
          expect(await answer(test, query), write).toEqual(rows.map((row) => `(${row})`));
      }
      expect(await test.value('SELECT count(*)::int FROM lockstep.move')).toBe(0);
      if (!shape.cutOver) expect(told(await plan.verify())).toBe('exit 0');
    });
  });
}
