/** `reverse: { on_delete: ignore }`: a target row goes, and its source row stays as it is and stands for none any more. */
import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';
import { leftOver } from './window-cycle.js';

const TABLES = `
  CREATE TABLE users (id int PRIMARY KEY, name text, hash text, gid text UNIQUE);
  CREATE TABLE credentials (user_id int PRIMARY KEY, hash text NOT NULL);
  CREATE TABLE logins (provider text, pid text, user_id int NOT NULL, PRIMARY KEY (provider, pid));
  INSERT INTO users SELECT n, 'n' || n, 'h' || n, CASE WHEN n % 3 = 0 THEN 'g' || n END FROM generate_series(1, 40) AS n`;

const CONTENT = {
  name: 'leaving-behind',
  mappings: {
    credentials: {
      from: 'users',
      to: 'credentials',
      where: 'hash IS NOT NULL',
      columns: { user_id: 'id', hash: 'hash' },
      reverse: { on_delete: 'ignore' },
    },
    logins: {
      from: 'users',
      to: 'logins',
      where: 'gid IS NOT NULL',
      target_where: "provider = 'google'",
      columns: { provider: { value: 'google' }, pid: 'gid', user_id: 'id' },
      reverse: { on_delete: 'ignore' },
    },
  },
  steps: [
    {
      id: 'in-step',
      dual_write: { mappings: ['credentials', 'logins'], direction: 'both' },
      allow: { deadlocks: 'the application tries again' },
    },
    { id: 'fill', backfill: { mappings: ['credentials', 'logins'] } },
    { id: 'joined', gate: { approval: 'dba' } },
    { id: 'flip', cutover: { windows: ['in-step'] } },
    { id: 'soak', gate: { approval: 'dba' } },
    { id: 'done', close: { windows: ['in-step'], quiet: '1ms' } },
  ],
};

/** Each row is met by one case only. */
const WRITES: readonly (readonly [what: string, sql: string, holds: string])[] = [
  [
    'a target row that goes leaves its source row as it is',
    'DELETE FROM credentials WHERE user_id = 1',
    `SELECT hash = 'h1' FROM users WHERE id = 1`,
  ],
  [
    'an old writer who changes that row brings none back',
    `DELETE FROM credentials WHERE user_id = 2; UPDATE users SET hash = 'again' WHERE id = 2; UPDATE users SET hash = hash || '!' WHERE id = 2`,
    `SELECT hash = 'again!' AND NOT EXISTS (SELECT FROM credentials WHERE user_id = 2) FROM users WHERE id = 2`,
  ],
  [
    'nor one who gives it another key, and another',
    `DELETE FROM credentials WHERE user_id = 4; UPDATE users SET id = 104 WHERE id = 4; UPDATE users SET id = 204, hash = 'x' WHERE id = 104`,
    `SELECT NOT EXISTS (SELECT FROM credentials WHERE user_id IN (4, 104, 204)) AND hash = 'x' FROM users WHERE id = 204`,
  ],
  [
    'one who takes it out and in again does',
    `DELETE FROM credentials WHERE user_id = 5; UPDATE users SET hash = NULL WHERE id = 5; UPDATE users SET hash = 'in' WHERE id = 5`,
    `SELECT hash = 'in' FROM credentials WHERE user_id = 5`,
  ],
  [
    'one who deletes and inserts it does',
    `DELETE FROM credentials WHERE user_id = 7; DELETE FROM users WHERE id = 7; INSERT INTO users VALUES (7, 'n7', 'new')`,
    `SELECT hash = 'new' FROM credentials WHERE user_id = 7`,
  ],
  [
    'the new side may bring it again itself',
    `DELETE FROM credentials WHERE user_id = 8; INSERT INTO credentials VALUES (8, 'c8'); UPDATE users SET name = 'n', hash = hash || '+' WHERE id = 8`,
    `SELECT u.hash = 'c8+' AND c.hash = 'c8+' FROM users AS u JOIN credentials AS c ON user_id = id WHERE id = 8`,
  ],
  [
    'a source row that was left behind takes another target row',
    `DELETE FROM logins WHERE pid = 'g9'; INSERT INTO logins VALUES ('google', 'other', 9)`,
    `SELECT gid = 'other' FROM users WHERE id = 9`,
  ],
  [
    'another key of the target that its source row tells too',
    `UPDATE logins SET pid = 'new' WHERE pid = 'g12'`,
    `SELECT gid = 'new' FROM users WHERE id = 12`,
  ],
  [
    'a key that both sides share is left behind under the old one',
    `UPDATE credentials SET user_id = 110 WHERE user_id = 10`,
    `SELECT count(*) = 2 AND bool_and(hash = 'h10') FROM users WHERE id IN (10, 110)`,
  ],
  [
    'a target row that is none of its business any more',
    `UPDATE logins SET provider = 'github' WHERE pid = 'g15'`,
    `SELECT gid = 'g15' FROM users WHERE id = 15`,
  ],
  [
    'deleted and changed in one transaction',
    `BEGIN; DELETE FROM credentials WHERE user_id = 16; UPDATE users SET hash = 'y' WHERE id = 16; COMMIT`,
    `SELECT hash = 'y' AND NOT EXISTS (SELECT FROM credentials WHERE user_id = 16) FROM users WHERE id = 16`,
  ],
  [
    'a deletion that is given up',
    `BEGIN; SAVEPOINT s; DELETE FROM credentials WHERE user_id = 17; ROLLBACK TO s; UPDATE users SET hash = 'z' WHERE id = 17; COMMIT`,
    `SELECT hash = 'z' FROM credentials WHERE user_id = 17`,
  ],
  [
    'an old writer who is SERIALIZABLE',
    `DELETE FROM credentials WHERE user_id = 19; COMMIT; BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE users SET hash = 's' WHERE id IN (19, 20); COMMIT`,
    `SELECT array_agg(user_id) = '{20}' FROM credentials WHERE hash = 's'`,
  ],
];

for (const major of ON_NEW) {
  const test = await testDatabase({ major });
  const { query, value } = test;
  /** Each statement a transaction of its own, but where the text says otherwise. */
  const write = async (sql: string): Promise<void> => {
    for (const one of sql.includes('BEGIN') ? [sql] : sql.split('; ')) await query(one);
  };
  const through = async (plan: PlanOnDatabase, gate: string): Promise<void> => {
    expect((await plan.approve(gate)).exit).toBe(0);
    const reached = await plan.apply();
    expect(reached.exit, told(reached)).toBe(6);
  };

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(TABLES);
    });

    it.each(['joined', 'after the cutover'])('each write means what it should, %s', async (when) => {
      const plan = planOn(test.database, CONTENT);
      expect(told(await plan.apply())).toBe('exit 6');
      if (when !== 'joined') await through(plan, 'joined');
      for (const [what, sql, holds] of WRITES) {
        await write(sql);
        expect.soft(await value(holds), what).toBe(true);
      }
      expect(told(await plan.verify())).toBe('exit 0');
      await expect(query(`UPDATE logins SET user_id = 22 WHERE pid = 'g21'`)).rejects.toThrow(/would still hold it/);
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('what was left behind hinders neither cutover, nor its way back, nor the end', async () => {
      const plan = planOn(test.database, CONTENT);
      expect(told(await plan.apply())).toBe('exit 6');
      await query('DELETE FROM credentials WHERE user_id = 30');
      const reached = new EventEmitter();
      const watched = once(reached, 'flip/watch done').then(() =>
        // Its key is compared once more under the lock.
        query(`DELETE FROM credentials WHERE user_id = 31; UPDATE users SET hash = 'left' WHERE id IN (30, 31)`),
      );
      expect((await plan.approve('joined')).exit).toBe(0);
      const cut = await plan.apply({
        observe: (event) => {
          if (event.type === 'operation') reached.emit(`${event.operation} ${event.to}`);
        },
      });
      await watched;
      expect(cut.exit, told(cut)).toBe(6);
      for (const [, sql] of WRITES) await write(sql);
      const users = await query('SELECT * FROM users ORDER BY id');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT * FROM users ORDER BY id')).toEqual(users);
      expect(await query('SELECT pid FROM logins')).toEqual([{ pid: 'g15' }]);
      expect(await value('SELECT count(*) FROM credentials')).toBe('0');

      await query(`DELETE FROM logins`);
      expect(told(await plan.apply())).toBe('exit 6');
      await query('DELETE FROM credentials WHERE user_id = 33');
      await through(plan, 'joined');
      await plan.approve('soak');
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
      expect(await value('SELECT hash FROM users WHERE id = 33')).toBe('h33');
    });

    it('a target row that went otherwise is missed, as everywhere', async () => {
      const plan = planOn(test.database, CONTENT);
      await plan.apply();
      await query(`ALTER TABLE credentials DISABLE TRIGGER ALL; DELETE FROM credentials WHERE user_id = 30;
        DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'credentials'::regclass AND NOT tgisinternal LOOP
          EXECUTE format('ALTER TABLE credentials ENABLE ALWAYS TRIGGER %I', t.tgname); END LOOP; END $$`);
      await plan.approve('joined');
      const refused = await plan.apply();
      expect(refused.exit, told(refused)).toBe(4);
      expect(told(refused)).toContain('missing');
    });
  });
}
