import { afterEach, describe, expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';
import { FILL_SHAPES } from './fill-shapes.js';
import { stopAfterBatches } from './stop-after-batches.js';
import { forgetShape, forgetTables, wholeCycle } from './whole-cycle.js';

const FIXED = { batch: { rows: 3, target: 'off' }, workers: 1 };

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { database, query } = found;

  describe(`a fill in place on server ${major}`, () => {
    afterEach(() => forgetShape(found));

    test.each(FILL_SHAPES.map((shape, index) => ({ ...shape, index })))(
      '$shape',
      async ({ tables, backfill, same, index }) => {
        await query(tables);
        const defaults = { batch: { rows: 3, target: 'off' } };
        await wholeCycle(found, { name: `fill-${index}`, defaults, steps: [{ id: 'fill', backfill }] }, ...same);
      },
    );

    test('restores where nobody wrote since, keeps what users changed, and says so', async () => {
      await query(
        `CREATE TABLE t (id int PRIMARY KEY, v text, other int); INSERT INTO t SELECT n, nullif('v' || n, 'v1'), 0 FROM generate_series(1, 7) AS n`,
      );
      const plan = planOn(database, {
        name: 'edits',
        defaults: FIXED,
        steps: [{ id: 'fill', backfill: { table: 't', set: { v: "coalesce(v, '') || '!'" } } }],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      await query(`UPDATE t SET v = 'mine' WHERE id = 2; UPDATE t SET v = NULL WHERE id = 3; DELETE FROM t WHERE id = 4; UPDATE t SET other = 1 WHERE id = 5;
        UPDATE t SET v = 'x' WHERE id = 6; UPDATE t SET v = 'v6!' WHERE id = 6; INSERT INTO t VALUES (8, 'new', 0)`);
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(await query('SELECT * FROM t ORDER BY id')).toEqual([
        { id: 1, v: null, other: 0 },
        { id: 2, v: 'mine', other: 0 },
        { id: 3, v: null, other: 0 },
        { id: 5, v: 'v5', other: 1 },
        { id: 6, v: 'v6', other: 0 },
        { id: 7, v: 'v7', other: 0 },
        { id: 8, v: 'new', other: 0 },
      ]);
      const { findings, walk } = back.report!.run.operations.find(({ id }) => id === 'undo/fill/fill')!;
      expect(walk?.counts).toMatchObject({ read: 7, changed: 4, kept: 3 });
      expect(findings.samples.map(({ what, detail }) => [what, detail['key']])).toEqual([
        ['kept: changed by others since', ['2']],
        ['kept: changed by others since', ['3']],
        ['gone since', ['4']],
      ]);
    });

    test('rows that others change, delete and insert between batches: none twice, none lost, none restored wrongly', async () => {
      await query(
        `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n * 10, 0 FROM generate_series(1, 9) AS n`,
      );
      const plan = planOn(database, {
        name: 'between',
        defaults: FIXED,
        steps: [{ id: 'fill', backfill: { table: 't', set: { v: 'v + 1' } } }],
      });
      const stopped = await plan.apply(stopAfterBatches(1));
      expect(stopped.report?.outcome).toBe('stopped');
      expect(stopped.exit).toBe(6);
      // Done: 10, 20, 30. Behind the cursor and beyond the top nothing is filled; in between everything is.
      await query(`UPDATE t SET v = v + 100 WHERE id IN (20, 40); DELETE FROM t WHERE id IN (30, 50); INSERT INTO t VALUES (15, 0), (55, 0), (99, 0);
        UPDATE t SET id = 95 WHERE id = 10; UPDATE t SET id = 65 WHERE id = 60`);
      expect(told(await plan.apply())).toBe('exit 0');
      const after = await query('SELECT * FROM t ORDER BY id');
      expect(after).toEqual([
        ...[
          { id: 15, v: 0 },
          { id: 20, v: 101 },
          { id: 40, v: 101 },
          { id: 55, v: 1 },
          { id: 65, v: 1 },
        ],
        ...[
          { id: 70, v: 1 },
          { id: 80, v: 1 },
          { id: 90, v: 1 },
          { id: 95, v: 1 },
          { id: 99, v: 0 },
        ],
      ]);
      expect((await plan.apply()).report?.outcome).toBe('nothing to do');
      expect(told(await plan.rollback())).toBe('exit 0');
      // What was written, 1, was 101 afterwards for row 20; row 95 was found no more under its key.
      expect(await query('SELECT * FROM t ORDER BY id')).toEqual([
        ...[
          { id: 15, v: 0 },
          { id: 20, v: 101 },
          { id: 40, v: 100 },
          { id: 55, v: 0 },
          { id: 65, v: 0 },
        ],
        ...[
          { id: 70, v: 0 },
          { id: 80, v: 0 },
          { id: 90, v: 0 },
          { id: 95, v: 1 },
          { id: 99, v: 0 },
        ],
      ]);
    });

    test('a value that does not fit in the middle: named, resumable where it stood, and taken back', async () => {
      await query(
        `CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n smallint); INSERT INTO t SELECT n, 'v' || n, n FROM generate_series(1, 9) AS n; UPDATE t SET n = 300 WHERE id = 8`,
      );
      const before = await rowsOf(found);
      const plan = planOn(database, {
        name: 'middle',
        defaults: FIXED,
        steps: [{ id: 'fill', backfill: { table: 't', set: { n: 'n * n' } } }],
      });
      const failed = await plan.apply();
      expect(failed.exit).toBe(1);
      expect(told(failed)).toContain('LS9030 `fill/fill`: smallint out of range (SQLSTATE 22003)');
      expect(failed.next).toEqual([`lockstep apply ${plan.file}`, `lockstep rollback ${plan.file}`]);
      expect(
        (await query<{ id: number }>('SELECT id FROM t WHERE n <> id AND id <> 8 ORDER BY id')).map(({ id }) => id),
      ).toEqual([2, 3, 4, 5, 6, 7]);
      await query('UPDATE t SET n = 8 WHERE id = 8');
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await query('SELECT 1 FROM t WHERE n <> id * id')).toEqual([]);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await rowsOf(found)).toEqual({
        ...before,
        t: before['t']!.map((row) => row.replace('(8,v8,300)', '(8,v8,8)')),
      });
    });

    test.each([
      { what: 'the key that is walked', set: { id: 'id + 1' }, code: 'LS6102', says: '`id` is part of `t_pkey`' },
      { what: 'a generated column', set: { twice: '1' }, code: 'LS6103', says: '`twice`' },
      { what: 'an identity that is always generated', set: { n: '1' }, code: 'LS6103', says: '`n`' },
      { what: 'a column that is not there', set: { vv: '1' }, code: 'LS2003', says: 'did you mean `v`?' },
      {
        what: 'an expression over another column that is not there',
        set: { v: 'idd::text' },
        code: 'LS2003',
        says: 'did you mean `id`?',
      },
      {
        what: 'a value of another type',
        set: { m: 'now()' },
        code: 'LS9014',
        says: 'column "m" is of type integer but expression is of type timestamp with time zone',
      },
      {
        what: 'a function that is not there',
        set: { v: 'no_such(v)' },
        code: 'LS9014',
        says: 'function no_such(text) does not exist',
      },
      {
        what: 'a table looked up that is not there',
        set: { v: '(SELECT x FROM nowhere)' },
        code: 'LS9014',
        says: '"nowhere" does not exist',
      },
      { what: 'an aggregate', set: { v: 'max(v)' }, code: 'LS3003', says: '`max`' },
    ])('refuses $what before anything runs', async ({ set, code, says }) => {
      await forgetTables(found);
      await query(
        `CREATE TABLE t (id int PRIMARY KEY, v text, m int, twice int GENERATED ALWAYS AS (id * 2) STORED, n int GENERATED ALWAYS AS IDENTITY)`,
      );
      const plan = planOn(database, { name: 'refused', steps: [{ id: 'fill', backfill: { table: 't', set } }] });
      const refused = await plan.apply();
      expect(
        refused.diagnostics.map((diagnostic) => diagnostic.code),
        told(refused),
      ).toEqual([code]);
      expect(told(refused)).toContain(says);
      expect(refused.exit).toBe(3);
      expect(refused.diagnostics[0]!.span?.file).toBe(plan.file);
      expect(await query(`SELECT 1 FROM pg_namespace WHERE nspname = 'lockstep'`)).toEqual([]);
    });
  });
}
