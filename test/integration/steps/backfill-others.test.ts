/** A copy while others write: between batches, between fill and way back, and where their rows stand in the way. */
import { afterEach, describe, expect, test } from 'vitest';

import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told, type PlanContent } from '../../support/plan-on-database.js';
import { stopAfterBatches } from './stop-after-batches.js';
import { forgetTables } from './whole-cycle.js';

const FIXED = { batch: { rows: 3, target: 'off' }, workers: 1 };

function copyPlan(
  name: string,
  on_conflict: 'skip' | 'fail',
  more: Readonly<Record<string, unknown>> = {},
): PlanContent {
  return {
    name,
    defaults: FIXED,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', ...more } },
    steps: [{ id: 'fill', backfill: { mappings: ['copied'], on_conflict } }],
  };
}

for (const major of ON_NEW) {
  const found = await testDatabase({ major });
  const { database, query } = found;
  const ids = async (sql: string): Promise<readonly unknown[]> =>
    (await query<{ id: unknown }>(sql)).map(({ id }) => id);

  describe(`a copy among other writers on server ${major}`, () => {
    afterEach(() => forgetTables(found));

    const tables = `CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text);
      INSERT INTO origin SELECT n * 10, 'v' || n FROM generate_series(1, 9) AS n`;

    test.each(['ON DELETE CASCADE', 'ON DELETE SET NULL', ''])(
      'keeps on its way back the rows that others refer to (%s)',
      async (action) => {
        await query(`${tables}; CREATE TABLE remark (id int PRIMARY KEY, copy_id int REFERENCES copy ${action})`);
        const plan = planOn(database, copyPlan('referred', 'fail'));
        expect(told(await plan.apply())).toBe('exit 0');
        await query('INSERT INTO remark VALUES (1, 20), (2, 20), (3, NULL)');
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([20]);
        expect(await ids('SELECT copy_id AS id FROM remark ORDER BY id')).toEqual([20, 20, null]);
        const undone = back.report!.run.operations.find(({ id }) => id === 'undo/fill/fill/copied')!;
        expect(undone.walk?.counts).toMatchObject({ read: 9, changed: 8, kept: 1 });
        expect(undone.findings.samples.map(({ what, detail }) => [what, detail['row']])).toEqual([
          ['kept: others refer to it', { id: 20 }],
        ]);
        await query('DROP TABLE remark');
      },
    );

    test('keeps a row that somebody began to refer to before the batch locked it, and committed after', async () => {
      await query(`${tables}; CREATE TABLE remark (id int PRIMARY KEY, copy_id int REFERENCES copy ON DELETE CASCADE)`);
      const plan = planOn(database, copyPlan('referring', 'fail'));
      expect(told(await plan.apply())).toBe('exit 0');
      const back = await database.withSession(async (session) => {
        await session.query('BEGIN; INSERT INTO remark VALUES (1, 20)');
        const running = plan.rollback();
        await isWaitingForRow(found, 'copy');
        await session.query('COMMIT');
        return running;
      });
      expect(told(back)).toBe('exit 0');
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([20]);
      expect(await ids('SELECT copy_id AS id FROM remark')).toEqual([20]);
      await query('DROP TABLE remark');
    });

    test('copies between its batches what is there then, and removes only what is its own', async () => {
      await query(tables);
      await query(`INSERT INTO copy VALUES (10, 'v1'), (1000, 'theirs')`);
      const plan = planOn(database, copyPlan('others', 'skip'));
      expect((await plan.apply(stopAfterBatches(1))).report?.outcome).toBe('stopped');
      await query(`DELETE FROM origin WHERE id = 50; UPDATE origin SET v = 'changed' WHERE id = 60; INSERT INTO origin VALUES (15, 'late'), (55, 'in time'), (99, 'beyond');
        INSERT INTO copy VALUES (70, 'theirs'), (80, 'v8')`);
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10, 20, 30, 40, 55, 60, 70, 80, 90, 1000]);
      const { walk, findings } = applied.report!.run.operations.find(({ id }) => id === 'fill/fill/copied')!;
      expect(walk?.counts).toMatchObject({ read: 9, changed: 6, skipped: 3 });
      expect(findings.samples.map(({ what, detail }) => [what, detail['expected'], detail['found']])).toEqual([
        ['already there, and different', { id: 70, v: 'v7' }, { id: 70, v: 'theirs' }],
      ]);

      // Of ours: one changed, one changed and changed back, one gone, one gone and there again.
      await query(`UPDATE copy SET v = 'mine' WHERE id = 20; UPDATE copy SET v = 'x' WHERE id = 30; UPDATE copy SET v = 'v3' WHERE id = 30;
        DELETE FROM copy WHERE id IN (40, 55); INSERT INTO copy VALUES (40, 'v4'), (2000, 'theirs too')`);
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10, 20, 30, 40, 70, 80, 1000, 2000]);
      const undone = back.report!.run.operations.find(({ id }) => id === 'undo/fill/fill/copied')!;
      expect(undone.walk?.counts).toMatchObject({ changed: 2, kept: 4 });
      expect(undone.findings.samples.map(({ detail }) => detail['row'])).toEqual([
        { id: 20 },
        { id: 30 },
        { id: 40 },
        { id: 2000 },
      ]);
    });

    test('a unique violation in the middle: named, resumable where it began, the next command said', async () => {
      await query(tables);
      await query(`INSERT INTO copy VALUES (50, 'theirs')`);
      const plan = planOn(database, copyPlan('conflict', 'fail'));
      const failed = await plan.apply();
      expect(failed.exit).toBe(1);
      expect(told(failed)).toContain('duplicate key value violates unique constraint "copy_pkey" (SQLSTATE 23505)');
      expect(told(failed)).toContain('Key (id)=(50) already exists');
      expect(failed.next).toEqual([`lockstep apply ${plan.file}`, `lockstep rollback ${plan.file}`]);
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10, 20, 30, 40, 50]);
      expect((await plan.apply()).exit).toBe(1);
      await query('DELETE FROM copy');
      await query(`INSERT INTO copy VALUES (10, 'v1')`);
      expect(told(await plan.apply())).toBe('exit 0');
      // 20 to 40 were done and were deleted by somebody: a run does not go back.
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10, 50, 60, 70, 80, 90]);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10]);
    });

    test('a failed run is taken back without going on', async () => {
      await query(tables);
      await query(`INSERT INTO copy VALUES (50, 'theirs')`);
      const plan = planOn(database, copyPlan('half', 'fail'));
      expect((await plan.apply()).exit).toBe(1);
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(await query('SELECT * FROM copy')).toEqual([{ id: 50, v: 'theirs' }]);
    });

    test('NULL where the target allows none, in the middle', async () => {
      await query(tables);
      await query(`ALTER TABLE copy ALTER v SET NOT NULL; UPDATE origin SET v = NULL WHERE id = 80`);
      const plan = planOn(database, copyPlan('nulls', 'skip'));
      const failed = await plan.apply();
      expect(failed.exit).toBe(1);
      expect(told(failed)).toContain(
        'null value in column "v" of relation "copy" violates not-null constraint (SQLSTATE 23502)',
      );
      expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([10, 20, 30, 40, 50, 60, 70]);
      await query(`UPDATE origin SET v = '' WHERE id = 80`);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await query('SELECT * FROM origin EXCEPT SELECT * FROM copy')).toEqual([]);
    });

    const FOLDS = [
      { what: 'an expression', columns: { id: 'id / 20', v: 'v' }, target: 'id int PRIMARY KEY, v text' },
      { what: 'a column without an index', columns: { id: 'kind' }, target: 'id text PRIMARY KEY' },
      { what: 'days of moments, by assignment', columns: { id: 'at' }, target: 'id date PRIMARY KEY' },
    ];
    test.each(FOLDS)(
      'source rows that fold into one target row by $what are shown before anything changes',
      async ({ columns, target }) => {
        await query(`CREATE TABLE origin (id int PRIMARY KEY, v text, kind text DEFAULT 'k', at timestamptz NOT NULL UNIQUE); CREATE TABLE copy (${target});
        INSERT INTO origin SELECT n * 10, 'v' || n, 'k', '2024-01-01 00:00+00'::timestamptz + n * interval '1 hour' FROM generate_series(1, 9) AS n`);
        const plan = planOn(database, copyPlan('folds', 'skip', { columns }));
        const refused = await plan.apply();
        expect(refused.exit).toBe(4);
        expect(told(refused)).toContain(
          'LS9003 `fill/one-to-one/copied/1-one_to_one`: each row of public.origin has a row of its own in public.copy',
        );
        expect(told(refused)).toContain('"source_rows":');
        expect(await query('SELECT * FROM copy')).toEqual([]);
        expect(told(await plan.rollback())).toBe('exit 0');
      },
    );

    test.each(['skip', 'fail'] as const)(
      'a double that appears after the proof is caught in its batch (on_conflict: %s)',
      async (rule) => {
        await query(tables);
        const plan = planOn(database, copyPlan('late-double', rule, { columns: { id: 'id / 10', v: 'v' } }));
        expect((await plan.apply(stopAfterBatches(1))).report?.outcome).toBe('stopped');
        await query(`INSERT INTO origin VALUES (51, 'double')`);
        const failed = await plan.apply();
        expect(failed.exit).toBe(1);
        expect(told(failed)).toContain(
          rule === 'skip'
            ? 'LS9004 `fill/fill/copied`: several source rows fold into one target row'
            : 'SQLSTATE 23505',
        );
        // A batch that folds is not done in halves: one of the two would be met as a row that is there.
        expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual(rule === 'skip' ? [1, 2, 3] : [1, 2, 3, 4, 5]);
        await query('DELETE FROM origin WHERE id = 51');
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await ids('SELECT id FROM copy ORDER BY id')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      },
    );

    test('a double of a row that an earlier batch copied is reported, and the proof finds it', async () => {
      await query(tables);
      const plan = planOn(database, {
        name: 'far-double',
        defaults: FIXED,
        mappings: { copied: { from: 'origin', to: 'copy', columns: { id: 'id % 1000', v: 'v' } } },
        steps: [
          { id: 'fill', backfill: { mappings: ['copied'], on_conflict: 'skip' } },
          { id: 'proof', verify: [{ in_sync: ['copied'] }] },
        ],
      });
      await query(`INSERT INTO origin VALUES (2000, 'last')`);
      expect((await plan.apply(stopAfterBatches(1))).report?.outcome).toBe('stopped');
      await query(`INSERT INTO origin VALUES (1010, 'double')`);
      const failed = await plan.apply();
      expect(failed.exit).toBe(4);
      expect(told(failed)).toContain('"problem":"double"');
      const fill = failed.report!.run.operations.find(({ id }) => id === 'fill/fill/copied')!;
      expect(fill.findings.samples.map(({ what }) => what)).toEqual(['already there, and different']);
      await query('DELETE FROM origin WHERE id = 1010');
      expect(told(await plan.apply())).toBe('exit 0');
    });
  });
}

/** Until a session waits for whoever has locked a row of the table. */
async function isWaitingForRow({ value }: TestDatabase, table: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const waiting = await value(
      `SELECT count(*)::int FROM pg_locks AS w JOIN pg_locks AS t ON t.pid = w.pid AND t.relation = $1::regclass
       WHERE NOT w.granted AND w.locktype = 'transactionid'`,
      [table],
    );
    if (waiting !== 0) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`nobody ever waited for a row of ${table}`);
}
