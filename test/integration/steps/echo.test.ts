/** The echo by which mirrors know each other's writes: nobody else's setting makes a mirror leave a write alone. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const ECHO = 'echoed/in-step: copied';

for (const major of ON_OLD) {
  const test = await testDatabase({ major });
  const { query } = test;
  const role = `echo_${test.name}`;

  const joined = async (): Promise<PlanOnDatabase> => {
    const plan = planOn(test.database, {
      name: 'echoed',
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', reverse: { on_delete: 'delete' } } },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['copied'], direction: 'both' },
          allow: { deadlocks: 'a test' },
        },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'flip', cutover: { windows: ['in-step'] } },
      ],
    });
    expect(told(await plan.apply())).toBe('exit 0');
    return plan;
  };
  /** As the application, which has no right on the journal; both sides afterwards. */
  const written = async (sql: string): Promise<readonly unknown[]> => {
    // In one message: a session between two of them is as it was at first.
    await query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA public TO ${role}; GRANT ALL ON origin, copy TO ${role}`);
    try {
      await query(`SET ROLE ${role}; ${sql}`);
    } finally {
      await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    return query(
      `SELECT coalesce(o.id, c.id) AS id, o.v AS old, c.v AS new FROM origin AS o FULL JOIN copy AS c ON c.id = o.id WHERE o.v IS DISTINCT FROM c.v`,
    );
  };

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text);
        INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 9) AS n`);
    });

    const xid = 'pg_current_xact_id()::text';
    it.each([
      [
        'a text that was seen somewhere',
        `SET lockstep.echo = '${ECHO} < {4}'; UPDATE origin SET v = 'else' WHERE id = 4`,
      ],
      [
        'that of another transaction',
        `SELECT set_config('lockstep.echo', '${ECHO} < ' || ${xid} || ' {4}', false); COMMIT; UPDATE origin SET v = 'else' WHERE id = 4`,
      ],
      [
        'one made for this very write of the old side',
        `BEGIN; SELECT set_config('lockstep.echo', '${ECHO} < ' || ${xid} || ' {4}', true); UPDATE origin SET v = 'else' WHERE id = 4; COMMIT`,
      ],
      [
        'one made for this very write of the new side',
        `BEGIN; SELECT set_config('lockstep.echo', '${ECHO} > ' || ${xid} || ' {4}', true); UPDATE copy SET v = 'else' WHERE id = 4; COMMIT`,
      ],
      [
        'one made for a row that goes',
        `BEGIN; SELECT set_config('lockstep.echo', '${ECHO} < ' || ${xid} || ' {4}', true); DELETE FROM origin WHERE id = 4; COMMIT`,
      ],
      ['anything', `SET lockstep.echo = 'x'; INSERT INTO origin VALUES (20, 'n'); DELETE FROM copy WHERE id = 20`],
    ])('%s hides no write', async (_, sql) => {
      const plan = await joined();
      expect(await written(sql)).toEqual([]);
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('nor does it hide who writes the old side', async () => {
      await joined();
      await query('DELETE FROM lockstep.old_writer');
      await written(`SET lockstep.echo = 'x'; UPDATE origin SET v = 'late' WHERE id = 4`);
      expect(await query(`SELECT side FROM lockstep.old_writer`)).toEqual([{ side: 'old' }]);
      await query('DELETE FROM lockstep.old_writer');
      await written(`UPDATE copy SET v = 'new side' WHERE id = 4`);
      expect(await query(`SELECT side FROM lockstep.old_writer`)).toEqual([]);
    });

    it('the owner of the mirrors, who could drop them as well, can pass them by: the comparison finds it', async () => {
      const plan = await joined();
      await query(
        `BEGIN; SELECT set_config('lockstep.echo', '${ECHO} < ' || ${xid} || ' {4}', true); UPDATE origin SET v = 'else' WHERE id = 4; COMMIT`,
      );
      const found = await plan.rollback();
      expect(found.exit, told(found)).toBe(4);
    });
  });
}
