/** What any step may carry, and what it means while a plan runs: when, require, invariants, rollback. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';
import { forgetTables } from '../steps/whole-cycle.js';

const FILL_A = { id: 'fill-a', backfill: { table: 'a', set: { v: "'x'" } } };
const FILL_B = { id: 'fill-b', backfill: { table: 'b', set: { v: "'x'" } } };

for (const major of ON_NEW) {
  const found = await testDatabase({ major });
  const { database, query } = found;
  const values = async (table: string): Promise<readonly unknown[]> =>
    (await query<{ v: unknown }>(`SELECT v FROM ${table} ORDER BY id`)).map(({ v }) => v);

  describe(`conditions on server ${major}`, () => {
    beforeEach(() =>
      query(
        `CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a1'), (2, NULL); INSERT INTO b VALUES (1, 'b1')`,
      ),
    );
    afterEach(() => forgetTables(found));

    test('a step whose `when` the catalog denies is not in the run; its invariants are still asked', async () => {
      const plan = planOn(database, {
        name: 'skipped',
        invariants: [{ row_count: { table: 'a', is: 2 } }],
        steps: [{ ...FILL_A, when: [{ exists: { table: 'nowhere' } }] }, FILL_B],
      });
      const planned = await plan.plan();
      expect(planned.report!.steps.map(({ id, skipped }) => [id, skipped])).toEqual([
        ['', null],
        ['fill-a', 'its `when` does not hold'],
        ['fill-b', null],
      ]);
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      expect(applied.report!.run.operations.map(({ id }) => id)).toContain('fill-a/invariant/1-row_count');
      expect(await values('a')).toEqual(['a1', null]);
      expect(await values('b')).toEqual(['x']);
    });

    test('a step whose `when` the data deny is skipped, with the reason', async () => {
      const plan = planOn(database, {
        name: 'denied',
        invariants: [{ row_count: { table: 'a', is: 2 } }],
        steps: [{ ...FILL_A, when: [{ name: 'a is whole', no_nulls: { table: 'a', columns: ['v'] } }] }, FILL_B],
      });
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      const state = Object.fromEntries(
        applied.report!.run.operations.map(({ id, state, outcome }) => [id, [state, outcome?.reason]]),
      );
      expect(state['fill-a/fill']).toEqual(['skipped', 'does not hold: a is whole']);
      expect(state['fill-a/invariant/1-row_count']).toEqual(['done', undefined]);
      expect(await values('a')).toEqual(['a1', null]);
      const before = await rowsOf(found);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await values('b')).toEqual(['b1']);
      expect((await rowsOf(found))['a']).toEqual(before['a']);
    });

    test('a `require` that fails stops the run before its step, resumable; the other step may have run', async () => {
      const plan = planOn(database, {
        name: 'required',
        steps: [
          FILL_B,
          { ...FILL_A, needs: ['fill-b'], require: [{ name: 'a is whole', no_nulls: { table: 'a', columns: ['v'] } }] },
        ],
      });
      const failed = await plan.apply();
      expect(failed.exit).toBe(4);
      expect(told(failed)).toContain('LS9003 `fill-a/require/1-no_nulls`: a is whole');
      expect(told(failed)).toContain('{"id":2,"v":null}');
      expect(failed.next).toEqual([`lockstep apply ${plan.file}`, `lockstep rollback ${plan.file}`]);
      expect(await values('a')).toEqual(['a1', null]);
      expect((await plan.apply()).exit).toBe(4);
      await query(`UPDATE a SET v = 'a2' WHERE id = 2`);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await values('a')).toEqual(['x', 'x']);
    });

    test('the plan’s `require` and invariants hold before anything changes', async () => {
      for (const [key, index] of [
        ['require', 0],
        ['invariants', 1],
      ] as const) {
        const plan = planOn(database, { name: `begin-${index}`, [key]: [{ empty: 'a' }], steps: [FILL_B] });
        expect((await plan.apply()).exit).toBe(4);
        expect(await values('b')).toEqual(['b1']);
        expect(told(await plan.rollback()).split('\n')[0]).toBe(key === 'require' ? 'exit 0' : 'exit 4');
        await query(`DROP SCHEMA lockstep CASCADE`);
      }
    });

    test('an invariant that a step breaks stops the run right after it; after the way back it is asked again', async () => {
      const plan = planOn(database, {
        name: 'broken',
        invariants: [{ name: 'no x in a', no_rows: `SELECT * FROM a WHERE v = 'x'` }],
        steps: [FILL_A, { ...FILL_B, needs: ['fill-a'] }, { id: 'later', gate: { hold: '1s' } }],
      });
      const failed = await plan.apply();
      expect(failed.exit).toBe(4);
      expect(told(failed)).toContain('`fill-a/invariant/1-no_rows`: no x in a');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(
        back.report!.run.operations.filter(({ id }) => id.startsWith('undo/begin/invariant')).map(({ state }) => state),
      ).toEqual(['done']);
      expect(await values('a')).toEqual(['a1', null]);
    });

    test('a warning is reported and the run goes on', async () => {
      const plan = planOn(database, {
        name: 'warned',
        steps: [{ id: 'proof', verify: [{ empty: 'a', severity: 'warning' }] }, FILL_B],
      });
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      expect(applied.report!.run.operations[0]?.outcome?.answer?.violations).toBeGreaterThan(0);
      expect(await values('b')).toEqual(['x']);
    });

    test('preconditions come before everything, unless an earlier step writes what they read', async () => {
      await query('CREATE TABLE origin (id int PRIMARY KEY, k text); CREATE TABLE copy (k text PRIMARY KEY)');
      const mappings = { m: { from: 'origin', to: 'copy', columns: { k: 'k' } } };
      const first = await planOn(database, {
        name: 'hoisted',
        mappings,
        steps: [FILL_A, { id: 'copy', backfill: { mappings: ['m'] } }],
      }).plan();
      expect(first.report!.operations.map(({ id }) => id)[0]).toBe('copy/one-to-one/m/1-one_to_one');
      const after = (report: typeof first.report, id: string): readonly string[] =>
        report!.operations.find((operation) => operation.id === id)!.after;
      expect(after(first.report, 'fill-a/fill')).toContain('copy/one-to-one/m/1-one_to_one');
      const fillOrigin = { id: 'keys', backfill: { table: 'origin', set: { k: 'id::text' } } };
      const second = await planOn(database, {
        name: 'kept',
        mappings,
        steps: [fillOrigin, { id: 'copy', backfill: { mappings: ['m'] } }],
      }).plan();
      expect(after(second.report, 'copy/one-to-one/m/1-one_to_one')).toEqual(['keys/fill']);
      expect(after(second.report, 'copy/fill/m')).toContain('copy/one-to-one/m/1-one_to_one');
    });

    test('a circle is refused with its path', async () => {
      const plan = planOn(database, {
        name: 'circle',
        steps: [
          { ...FILL_A, needs: ['again'] },
          { id: 'again', backfill: { table: 'a', set: { v: "'y'" } } },
        ],
      });
      const refused = await plan.plan();
      expect(refused.exit).toBe(3);
      expect(told(refused)).toContain('LS8001 fill-a/fill → again/fill → fill-a/fill.');
    });
  });

  describe(`ways back on server ${major}`, () => {
    beforeEach(() =>
      query(
        `CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a1'), (2, NULL); INSERT INTO b VALUES (1, 'b1')`,
      ),
    );
    afterEach(() => forgetTables(found));

    test('children go before their parents', async () => {
      await query(
        'CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent)',
      );
      const plan = planOn(database, {
        name: 'family',
        mappings: {
          p: { from: 'a', to: 'parent', columns: { id: 'id' } },
          c: { from: 'a', to: 'child', columns: { id: 'id', parent_id: 'id' } },
        },
        steps: [
          { id: 'parents', backfill: { mappings: ['p'] } },
          { id: 'children', backfill: { mappings: ['c'] } },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      const batches = back.report!.graph.operations.filter(({ kind }) => kind === 'batch').map(({ id }) => id);
      expect(batches).toEqual(['undo/children/fill/c', 'undo/parents/fill/p']);
      expect(back.report!.graph.edges).toContainEqual(['undo/children/fill/c', 'undo/parents/fill/p/1-provenance']);
    });

    test('`rollback: { sql, verify }` stands for the whole step', async () => {
      const plan = planOn(database, {
        name: 'stated',
        steps: [
          {
            ...FILL_A,
            rollback: { sql: `UPDATE a SET v = 'back'`, verify: [{ no_nulls: { table: 'a', columns: ['v'] } }] },
          },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(await values('a')).toEqual(['back', 'back']);
      expect(back.report!.graph.operations.map(({ id }) => id)).toEqual([
        'undo/fill-a/rollback',
        'undo/fill-a/verify/1-no_nulls',
      ]);
    });
    test('a stated way back is taken where only a part of the step was begun', async () => {
      await query(
        'CREATE TABLE copy_a (id int PRIMARY KEY); CREATE TABLE copy_b (id int PRIMARY KEY); INSERT INTO copy_b VALUES (1)',
      );
      const plan = planOn(database, {
        name: 'part',
        defaults: { workers: 1 },
        mappings: { a: { from: 'a', to: 'copy_a', columns: 'same' }, b: { from: 'b', to: 'copy_b', columns: 'same' } },
        steps: [
          {
            id: 'copy',
            backfill: { mappings: ['a', 'b'] },
            rollback: { sql: 'DELETE FROM copy_a; DELETE FROM copy_b' },
          },
        ],
      });
      expect((await plan.apply()).exit).toBe(1);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT * FROM copy_a UNION ALL SELECT * FROM copy_b')).toEqual([]);
    });

    test('a stated way back that does not hold afterwards', async () => {
      const plan = planOn(database, {
        name: 'unheld',
        steps: [{ ...FILL_A, rollback: { sql: 'SELECT 1', verify: [{ empty: 'a' }] } }],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      const back = await plan.rollback();
      expect(back.exit).toBe(4);
      expect(back.next).toEqual([`lockstep rollback ${plan.file}`]);
      await query('DELETE FROM a');
      expect(told(await plan.rollback())).toBe('exit 0');
    });

    test('what has no way back refuses the whole way back, before anything is taken back', async () => {
      const plan = planOn(database, {
        name: 'oneway',
        steps: [FILL_B, { ...FILL_A, rollback: { none: 'the old values are worthless' } }],
      });
      const planned = await plan.plan();
      expect(planned.report!.steps.map(({ undo }) => undo)).toEqual([
        { way: 'derived' },
        { way: 'none', reason: 'the old values are worthless' },
      ]);
      expect(told(await plan.apply())).toBe('exit 0');
      const refused = await plan.rollback();
      expect(refused.exit).toBe(1);
      expect(told(refused)).toContain('LS9010 `fill-a/fill`: the old values are worthless.');
      expect(await values('b')).toEqual(['x']);
    });

    test('steps that were never begun need no way back', async () => {
      const plan = planOn(database, {
        name: 'unbegun',
        steps: [FILL_B, { id: 'stop', verify: [{ empty: 'a' }] }, { ...FILL_A, rollback: { none: 'worthless' } }],
      });
      expect((await plan.apply()).exit).toBe(4);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await values('b')).toEqual(['b1']);
    });

    test('statements that failed left nothing, so nothing of them is taken back', async () => {
      const plan = planOn(database, {
        name: 'failed-statements',
        steps: [
          { id: 'made', sql: { up: 'CREATE TABLE made (id int)', down: 'DROP TABLE made' } },
          {
            id: 'unmade',
            sql: { up: 'CREATE TABLE unmade (id int); INSERT INTO unmade SELECT 1 / 0', down: 'DROP TABLE unmade' },
            needs: ['made'],
          },
        ],
      });
      const failed = await plan.apply();
      expect(failed.exit).toBe(1);
      expect(told(failed)).toContain('division by zero');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(back.report!.drift).toEqual([]);
    });

    test('a down that leaves something behind is told', async () => {
      const plan = planOn(database, {
        name: 'left',
        steps: [{ id: 'made', sql: { up: 'CREATE TABLE made (id int)', down: 'SELECT 1' } }],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      const back = await plan.rollback();
      expect(back.exit).toBe(4);
      expect(told(back)).toContain('LS9013');
      expect(back.report!.drift!.some((line) => line.includes('public.made'))).toBe(true);
    });

    test('only shown, it changes nothing', async () => {
      const plan = planOn(database, { name: 'shown', steps: [FILL_A] });
      expect(told(await plan.apply())).toBe('exit 0');
      const before = await rowsOf(found);
      const shown = await plan.rollback({ onlyShow: true });
      expect(shown.report!.outcome).toBe('shown');
      expect(shown.report!.wayBack.operations.map(({ id }) => id)).toEqual(['undo/fill-a/fill']);
      expect(await rowsOf(found)).toEqual(before);
    });
  });

  describe(`the same input on server ${major}`, () => {
    afterEach(() => forgetTables(found));

    test('gives the same bytes; another catalog of a touched table gives another digest', async () => {
      await query('CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)');
      const plan = planOn(database, {
        name: 'bytes',
        steps: [FILL_A, { id: 'proof', verify: [{ no_nulls: { table: 'a', columns: ['v'] } }] }],
      });
      const one = await plan.plan();
      const two = await plan.plan();
      expect(JSON.stringify(two.report)).toBe(JSON.stringify(one.report));
      await query('ALTER TABLE b ADD w int; INSERT INTO a VALUES (1)');
      expect((await plan.plan()).report!.digest).toBe(one.report!.digest);
      await query('ALTER TABLE a ADD w int');
      expect((await plan.plan()).report!.digest).not.toBe(one.report!.digest);
      await query('ALTER TABLE a DROP w');
      expect((await plan.plan()).report!.digest).toBe(one.report!.digest);
    });
  });
}
