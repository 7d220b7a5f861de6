/** `verify`: a proof in the middle of a run. What fails stops the run, is asked again, and is never stepped over. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { query, value, database } = found;

  describe(`on server ${major}`, () => {
    it('stops the run where a check fails, shows the rows, asks again, and goes on when it holds', async () => {
      await query('CREATE TABLE proved (id int, email text); CREATE TABLE later (n int)');
      await query(`INSERT INTO proved VALUES (1, 'a@x'), (2, '')`);
      const plan = planOn(database, {
        name: 'proving',
        steps: [
          {
            id: 'proof',
            verify: [{ name: 'everybody has an address', no_rows: `SELECT id FROM proved WHERE email = ''` }],
          },
          { id: 'next', sql: { up: 'INSERT INTO later VALUES (1)', down: 'DELETE FROM later' } },
        ],
      });
      for (let turn = 1; turn <= 2; turn++) {
        const failed = await plan.apply();
        expect(failed.exit, told(failed)).toBe(4);
        expect(failed.diagnostics[0]).toMatchObject({ code: 'LS9003' });
        expect(JSON.stringify(failed.report!.run.operations)).toContain('"samples":[{"id":2}]');
        expect(await value('SELECT count(*) FROM later')).toBe('0');
      }
      await query('DELETE FROM proved WHERE id = 2');
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
      expect(await value('SELECT count(*) FROM later')).toBe('1');
    });

    it('reports a warning and goes on', async () => {
      const plan = planOn(database, {
        name: 'warned',
        steps: [
          {
            id: 'proof',
            verify: [{ severity: 'warning', no_rows: 'SELECT 7 AS seven' }, { value: { sql: 'SELECT 1', is: 1 } }],
          },
        ],
      });
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
      expect(JSON.stringify(done.report!.run.operations)).toContain('"seven":7');
    });

    it('sees what the steps before it have committed, also those that share no table with it', async () => {
      await query('CREATE TABLE counted_before (n int)');
      const plan = planOn(database, {
        name: 'barrier',
        steps: [
          // The check reads through a function: what it reads is not known, and still the order holds.
          { id: 'fill', sql: { up: 'INSERT INTO counted_before VALUES (1)', down: 'DELETE FROM counted_before' } },
          { id: 'proof', verify: [{ value: { sql: 'SELECT rows_of()', is: 1 } }] },
        ],
      });
      await query(
        `CREATE FUNCTION rows_of() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM counted_before); END'`,
      );
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
    });

    it('changes nothing and so has nothing to take back', async () => {
      const plan = planOn(database, {
        name: 'only-proof',
        steps: [{ id: 'proof', verify: [{ no_rows: 'SELECT 1 WHERE false' }] }],
      });
      expect((await plan.apply()).exit).toBe(0);
      const back = await plan.rollback();
      expect(back.exit, told(back)).toBe(0);
      expect(back.report!.drift).toEqual([]);
    });
  });
}
