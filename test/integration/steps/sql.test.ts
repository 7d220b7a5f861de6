/** `sql`: statements in one transaction, their way back, what later steps see of them, and what cannot run in a transaction. */
import { describe, expect, it } from 'vitest';

import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';

const exists = (found: TestDatabase, name: string): Promise<unknown> =>
  found.value('SELECT to_regclass($1) IS NOT NULL', [name]);

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { query, value, database } = found;

  describe(`on server ${major}`, () => {
    it('runs its statements, shows their locks, and takes them back with down', async () => {
      await query(`CREATE TABLE "Pläne" (id bigint PRIMARY KEY, name text); INSERT INTO "Pläne" VALUES (1, 'old')`);
      const before = await rowsOf(found);
      const plan = planOn(database, {
        name: 'seed',
        steps: [
          {
            id: 'seed',
            sql: {
              up: `INSERT INTO "Pläne" VALUES (2, 'it''s; one'); ALTER TABLE "Pläne" ADD COLUMN seats int`,
              down: `ALTER TABLE "Pläne" DROP COLUMN seats; DELETE FROM "Pläne" WHERE id = 2`,
            },
          },
        ],
      });
      const shown = await plan.plan();
      expect(shown.exit, told(shown)).toBe(0);
      expect(shown.report!.steps[0]).toMatchObject({ worstLock: { mode: 'ACCESS EXCLUSIVE' } });

      const applied = await plan.apply();
      expect(applied.exit, told(applied)).toBe(0);
      expect(await query('SELECT * FROM "Pläne" ORDER BY id')).toEqual([
        { id: '1', name: 'old', seats: null },
        { id: '2', name: `it's; one`, seats: null },
      ]);
      const back = await plan.rollback();
      expect(back.exit, told(back)).toBe(0);
      expect(await rowsOf(found)).toEqual(before);
      expect(back.report!.drift).toEqual([]);
    });

    it('leaves nothing of a step whose second statement fails, and goes on when it can', async () => {
      await query('CREATE TABLE seats (id int PRIMARY KEY); INSERT INTO seats VALUES (2)');
      const plan = planOn(database, {
        name: 'failing',
        steps: [
          {
            id: 'fill',
            sql: {
              up: 'INSERT INTO seats VALUES (1); INSERT INTO seats VALUES (2)',
              down: 'DELETE FROM seats WHERE id IN (1, 2)',
            },
          },
        ],
      });
      const failed = await plan.apply();
      expect(failed.exit).toBe(1);
      expect(failed.diagnostics).toEqual([expect.objectContaining({ code: 'LS9002' })]);
      expect(failed.diagnostics[0]!.detail).toContain('23505');
      expect(failed.next).toContain(`lockstep apply ${plan.file}`);
      expect(await query('SELECT id FROM seats')).toEqual([{ id: 2 }]);

      await query('DELETE FROM seats');
      const again = await plan.apply();
      expect(again.exit, told(again)).toBe(0);
      expect(await query('SELECT id FROM seats ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    });

    it('lets later steps use what its text makes, before it is there', async () => {
      await query('CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL)');
      await query(`INSERT INTO people SELECT n, 'p' || n FROM generate_series(1, 50) AS n`);
      const plan = planOn(database, {
        name: 'making',
        mappings: { copies: { from: 'people', to: 'archive.people', columns: 'same' } },
        steps: [
          {
            id: 'make',
            sql: {
              up: 'CREATE SCHEMA archive; CREATE TABLE archive.people (id bigint PRIMARY KEY, name text NOT NULL)',
              down: 'DROP TABLE archive.people; DROP SCHEMA archive',
            },
          },
          { id: 'fill', backfill: { mappings: ['copies'] } },
          { id: 'proof', verify: [{ in_sync: ['copies'] }] },
        ],
      });
      const applied = await plan.apply();
      expect(applied.exit, told(applied)).toBe(0);
      expect(await value('SELECT count(*) FROM archive.people')).toBe('50');
      const back = await plan.rollback();
      expect(back.exit, told(back)).toBe(0);
      expect(await exists(found, 'archive.people')).toBe(false);
      expect(back.report!.drift).toEqual([]);
    });

    it('sends one statement outside any transaction where the server demands that', async () => {
      await query('CREATE TABLE indexed (id int)');
      const plan = planOn(database, {
        name: 'indexing',
        steps: [
          {
            id: 'index',
            sql: {
              up: 'CREATE INDEX CONCURRENTLY "Odd-Index" ON indexed (id)',
              down: 'DROP INDEX CONCURRENTLY "Odd-Index"',
              transaction: false,
            },
          },
        ],
      });
      const applied = await plan.apply();
      expect(applied.exit, told(applied)).toBe(0);
      expect(await exists(found, '"Odd-Index"')).toBe(true);
      const back = await plan.rollback();
      expect(back.exit, told(back)).toBe(0);
      expect(await exists(found, '"Odd-Index"')).toBe(false);
    });

    it('takes nothing back where a step consents to having no way back', async () => {
      await query('CREATE TABLE told (id int)');
      const plan = planOn(database, {
        name: 'final',
        steps: [
          { id: 'first', sql: { up: 'INSERT INTO told VALUES (1)', down: 'DELETE FROM told' } },
          { id: 'last', sql: { up: 'INSERT INTO told VALUES (2)' }, rollback: { none: 'the news is out' } },
        ],
      });
      expect((await plan.apply()).exit).toBe(0);
      const back = await plan.rollback();
      expect(back.exit).toBe(1);
      expect(back.diagnostics).toEqual([expect.objectContaining({ code: 'LS9010' })]);
      expect(back.diagnostics[0]!.detail).toContain('the news is out');
      expect(await query('SELECT id FROM told ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    });

    it('runs the way back that the step states, and checks what holds afterwards', async () => {
      await query('CREATE TABLE counted (n int); INSERT INTO counted VALUES (5)');
      const step = (sql: string, is: number): Readonly<Record<string, unknown>> => ({
        id: 'count',
        sql: { up: 'UPDATE counted SET n = n + 1', down: 'UPDATE counted SET n = 0' },
        rollback: { sql, verify: [{ value: { sql: 'SELECT n FROM counted', is } }] },
      });
      const plan = planOn(database, { name: 'stated', steps: [step('UPDATE counted SET n = n - 1', 5)] });
      expect((await plan.apply()).exit).toBe(0);
      expect((await plan.rollback()).exit).toBe(0);
      expect(await value('SELECT n FROM counted')).toBe(5);

      const wrong = planOn(database, { name: 'misstated', steps: [step('UPDATE counted SET n = n - 2', 5)] });
      expect((await wrong.apply()).exit).toBe(0);
      const back = await wrong.rollback();
      expect(back.exit).toBe(4);
      expect(back.diagnostics).toEqual([expect.objectContaining({ code: 'LS9003' })]);
    });
  });
}
