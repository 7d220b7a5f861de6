/** How rows are written, and that what the plan says of it is what happens: with the wrong way of each beside it. */
import { afterEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const defaults = { batch: { rows: 10, target: 'off' }, workers: 2 };

for (const major of ON_OLD) {
  const test = await testDatabase({ major });
  const { query, database } = test;
  const images = async (): Promise<number> =>
    Number((await query<{ n: string }>('SELECT count(*) AS n FROM lockstep.before_image'))[0]!.n);

  describe(`on server ${major}`, () => {
    afterEach(() => forgetTables(test));

    it('what a column of the plan’s own is filled with goes with the column; nothing is kept of what it held', async () => {
      await query(
        'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 95) AS n',
      );
      const before = await rowsOf(test);
      const plan = planOn(database, {
        name: 'own-column',
        defaults,
        steps: [
          { id: 'add', ddl: 'ALTER TABLE t ADD COLUMN twice int, ADD COLUMN other int' },
          { id: 'fill', backfill: { table: 't', set: { twice: 'v * 2', other: 'nullif(v, 7)' } } },
          { id: 'more', backfill: { table: 't', set: { twice: 'twice + 1' }, where: 'id <= 50' } },
        ],
      });
      const shown = (await plan.plan()).report!.operations.find(({ id }) => id === 'fill/fill')!;
      expect(shown.strategy).toContain('held nothing');
      expect(shown.undo).toEqual({
        way: 'nothing to undo',
        reason: 'the values go with their columns, which `add` adds',
      });
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      expect(applied.report!.run.operations.find(({ id }) => id === 'fill/fill')?.walk?.counts).toMatchObject({
        read: 95,
        changed: 95,
      });
      expect(
        await query(
          'SELECT count(*)::int AS n FROM t WHERE twice = v * 2 + (id <= 50)::int AND other IS NOT DISTINCT FROM nullif(v, 7)',
        ),
      ).toEqual([{ n: 95 }]);
      expect(await images()).toBe(0);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await rowsOf(test)).toEqual(before);
    });

    it.each([
      ['a default fills it', 'ALTER TABLE t ADD COLUMN twice int DEFAULT 1', 'auto'],
      ['its step has another way back', 'ALTER TABLE t ADD COLUMN twice int', 'none'],
      ['it only got a new name', 'ALTER TABLE t RENAME COLUMN v TO twice', 'auto'],
    ])('what a column held is kept where %s', async (_, ddl, way) => {
      await query(
        'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 25) AS n',
      );
      const plan = planOn(database, {
        name: 'kept-column',
        defaults,
        steps: [
          {
            id: 'add',
            ddl,
            allow: { breaks_readers: 'a test' },
            ...(way === 'none' && { rollback: { none: 'it stays' } }),
          },
          { id: 'fill', backfill: { table: 't', set: { twice: 'id + 100' } } },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await images()).toBe(25);
    });

    it('a row that a trigger of the target leaves out stops the run, and is shown', async () => {
      await query(`CREATE TABLE s (id int PRIMARY KEY, v text); INSERT INTO s SELECT n, 'v' || n FROM generate_series(1, 25) AS n;
        CREATE TABLE t (id int PRIMARY KEY, v text);
        CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN CASE WHEN NEW.id <> 13 THEN NEW END; END$$;
        CREATE TRIGGER leaves_out BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION leave_out()`);
      const plan = planOn(database, {
        name: 'left-out',
        defaults,
        mappings: { m: { from: 's', to: 't', columns: { id: 'id', v: 'v' } } },
        steps: [{ id: 'copy', backfill: { mappings: ['m'], user_triggers: 'fire' } }],
      });
      const applied = await plan.apply();
      expect(applied.exit).toBe(1);
      expect(told(applied)).toContain('a trigger of the target left rows out');
      expect(told(applied)).toContain('{"id":13}');
      await query('DELETE FROM s WHERE id = 13');
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await query('SELECT count(*)::int AS n FROM t JOIN s USING (id, v)')).toEqual([{ n: 24 }]);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 0 }]);
    });

    it('rows that are there in a few places: the conflict clause is sent for those batches, and each row counted once', async () => {
      await query(`CREATE TABLE s (id int PRIMARY KEY, v text); INSERT INTO s SELECT n, 'v' || n FROM generate_series(1, 200) AS n;
        CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (15, 'v15'), (16, 'theirs'), (120, 'v120')`);
      const plan = planOn(database, {
        name: 'met',
        defaults,
        mappings: { m: { from: 's', to: 't', columns: { id: 'id', v: 'v' } } },
        steps: [{ id: 'copy', backfill: { mappings: ['m'], on_conflict: 'skip' } }],
      });
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      const { walk, findings } = applied.report!.run.operations.find(({ id }) => id === 'copy/fill/m')!;
      expect(walk?.counts).toMatchObject({ read: 200, changed: 197, skipped: 3 });
      expect(findings.samples).toHaveLength(1);
      // A savepoint around the plain insert would leave rows that carry another transaction id than their batch.
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT id, v FROM t ORDER BY id')).toEqual([
        { id: 15, v: 'v15' },
        { id: 16, v: 'theirs' },
        { id: 120, v: 'v120' },
      ]);
    });
  });
}
