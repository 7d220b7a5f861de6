/** `cutover`: windows in both directions, which side leads, and the way back from there with what was written since. */
import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';
import { leftOver } from './window-cycle.js';

const TABLES = `
  CREATE TABLE users (id int PRIMARY KEY, name text, hash text, gid text UNIQUE);
  CREATE TABLE credentials (user_id int PRIMARY KEY, hash text NOT NULL CHECK (hash <> 'bad'));
  CREATE TABLE logins (provider text, pid text, user_id int NOT NULL, PRIMARY KEY (provider, pid));
  INSERT INTO logins VALUES ('github', 'x', 1);
  INSERT INTO users SELECT n, 'n' || n, CASE WHEN n <> 7 THEN 'h' || n END, CASE WHEN n % 3 = 0 THEN 'g' || n END FROM generate_series(1, 30) AS n`;

const MAPPINGS = {
  credentials: {
    from: 'users',
    to: 'credentials',
    where: 'hash IS NOT NULL',
    columns: { user_id: 'id', hash: 'hash' },
    reverse: { on_delete: { set: { hash: 'NULL' } } },
  },
  logins: {
    from: 'users',
    to: 'logins',
    where: 'gid IS NOT NULL',
    target_where: "provider = 'google'",
    columns: { provider: { value: 'google' }, pid: 'gid', user_id: 'id' },
    reverse: { on_delete: { set: { gid: 'NULL' } } },
  },
};

function planOf(
  { database }: Pick<TestDatabase, 'database'>,
  dualWrite: object = {},
  close: object = {},
): PlanOnDatabase {
  return planOn(database, {
    name: 'split',
    defaults: { batch: { rows: 10, target: 'off' } },
    mappings: MAPPINGS,
    steps: [
      {
        id: 'in-step',
        dual_write: { mappings: ['credentials', 'logins'], direction: 'both', ...dualWrite },
        allow: { deadlocks: 'the application tries again' },
      },
      { id: 'fill', backfill: { mappings: ['credentials', 'logins'] } },
      { id: 'joined', gate: { approval: 'dba' } },
      { id: 'flip', cutover: { windows: ['in-step'] } },
      { id: 'soak', gate: { approval: 'dba' } },
      { id: 'done', close: { windows: ['in-step'], ...close } },
    ],
  });
}

/** What the application writes to either side, and what must then be so. Each row is met by one case only. */
const WRITES: readonly (readonly [what: string, sql: string, holds: string])[] = [
  [
    'an update of the new side',
    `UPDATE credentials SET hash = 'c' WHERE user_id = 1`,
    `SELECT hash = 'c' FROM users WHERE id = 1`,
  ],
  [
    'an update of the old side',
    `UPDATE users SET hash = 'u' WHERE id = 2`,
    `SELECT hash = 'u' FROM credentials WHERE user_id = 2`,
  ],
  [
    'a row that is new to the new side',
    `INSERT INTO credentials VALUES (7, 'c7')`,
    `SELECT hash = 'c7' AND name = 'n7' FROM users WHERE id = 7`,
  ],
  [
    'a row that is new to both',
    `INSERT INTO credentials VALUES (70, 'c70')`,
    `SELECT hash = 'c70' FROM users WHERE id = 70`,
  ],
  [
    'a row that leaves the new side',
    'DELETE FROM credentials WHERE user_id = 8',
    `SELECT hash IS NULL AND name = 'n8' FROM users WHERE id = 8`,
  ],
  [
    'a row that leaves the old side',
    'DELETE FROM users WHERE id = 9',
    `SELECT NOT EXISTS (SELECT FROM credentials WHERE user_id = 9) AND NOT EXISTS (SELECT FROM logins WHERE user_id = 9)`,
  ],
  [
    'another key on the new side',
    `UPDATE logins SET pid = 'new' WHERE pid = 'g12'`,
    `SELECT gid = 'new' FROM users WHERE id = 12`,
  ],
  [
    'a row that changes hands',
    `UPDATE logins SET user_id = 16 WHERE pid = 'g15'`,
    `SELECT bool_and(gid IS NOT DISTINCT FROM CASE id WHEN 16 THEN 'g15' END) FROM users WHERE id IN (15, 16)`,
  ],
  [
    'another key on the old side',
    'UPDATE users SET id = 118 WHERE id = 18',
    `SELECT EXISTS (SELECT FROM credentials WHERE user_id = 118) AND NOT EXISTS (SELECT FROM credentials WHERE user_id = 18)`,
  ],
  [
    'many rows of the new side at once',
    `UPDATE credentials SET hash = hash || '+' WHERE user_id BETWEEN 20 AND 25`,
    `SELECT count(*) = 6 FROM users WHERE hash LIKE 'h2_+'`,
  ],
  [
    'both sides in one transaction',
    `BEGIN; UPDATE users SET hash = 'a' WHERE id = 26; UPDATE credentials SET hash = hash || 'b' WHERE user_id = 26; COMMIT`,
    `SELECT u.hash = 'ab' AND c.hash = 'ab' FROM users AS u JOIN credentials AS c ON user_id = id WHERE id = 26`,
  ],
  [
    'a savepoint that is given up',
    `BEGIN; UPDATE credentials SET hash = 'x' WHERE user_id = 27; SAVEPOINT s; UPDATE credentials SET hash = 'y' WHERE user_id = 27; ROLLBACK TO s; UPDATE credentials SET hash = hash || 'z' WHERE user_id = 27; COMMIT`,
    `SELECT hash = 'xz' FROM users WHERE id = 27`,
  ],
  [
    'a row that is none of its business',
    `INSERT INTO logins VALUES ('github', 'y', 2)`,
    `SELECT gid IS NULL FROM users WHERE id = 2`,
  ],
  [
    'a row that becomes its business',
    `UPDATE logins SET provider = 'google' WHERE pid = 'x'`,
    `SELECT gid = 'x' FROM users WHERE id = 1`,
  ],
  [
    'a row that is deleted and comes back',
    `DELETE FROM credentials WHERE user_id = 28; INSERT INTO credentials VALUES (28, 'again')`,
    `SELECT hash = 'again' FROM users WHERE id = 28`,
  ],
];

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const { query, value } = test;
  const state = (): Promise<unknown> => value(`SELECT state FROM lockstep."window"`);
  const through = async (plan: PlanOnDatabase, gate: string): Promise<void> => {
    expect((await plan.approve(gate)).exit).toBe(0);
    const reached = await plan.apply();
    expect(reached.exit, told(reached)).toBe(6);
  };
  const failing = (sql: string): Promise<string> =>
    query(sql).then(
      () => 'taken',
      (error: unknown) => (error as Error).message,
    );

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetShape(test);
      await query(TABLES);
    });

    it.each(['joined', 'after the cutover'])('each write reaches the other side, %s', async (when) => {
      const plan = planOf(test);
      expect(told(await plan.apply())).toBe('exit 6');
      if (when !== 'joined') await through(plan, 'joined');
      for (const [what, sql, holds] of WRITES) {
        await query(sql);
        expect.soft(await value(holds), what).toBe(true);
      }
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('a cutover is taken back with all that was written since, and made again, and closed', async () => {
      const plan = planOf(test);
      expect(told(await plan.apply())).toBe('exit 6');
      await through(plan, 'joined');
      expect(await state()).toBe('new leads');
      for (const [, sql] of WRITES) await query(sql);
      const users = await query('SELECT * FROM users ORDER BY id');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(back.report?.drift).toEqual([]);
      expect(await state()).toBe('gone');
      expect(await leftOver(test)).toEqual([]);
      expect(await query('SELECT * FROM users ORDER BY id')).toEqual(users);
      expect(await value('SELECT count(*) FROM credentials')).toBe('0');
      expect(await query('SELECT * FROM logins ORDER BY pid')).toEqual([{ provider: 'github', pid: 'y', user_id: 2 }]);

      expect(told(await plan.apply())).toBe('exit 6');
      await through(plan, 'joined');
      await plan.approve('soak');
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
      expect((await plan.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9010' });
    });

    it.each([
      ['a second row for one that can hold one', `INSERT INTO logins VALUES ('google', 'second', 3)`],
      ['a value that the old side refuses', `UPDATE logins SET user_id = NULL WHERE pid = 'g3'`],
      ['a row that stands for another one already', `UPDATE logins SET user_id = 6 WHERE pid = 'g3'`],
    ])('what does not fit into the old shape is refused at once: %s', async (_, sql) => {
      const plan = planOf(test);
      await plan.apply();
      expect(await failing(sql)).not.toBe('taken');
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('what does not fit is recorded where the plan says so; then nothing ends on it, but a way back that accepts it', async () => {
      const plan = planOf(test, { on_mirror_error: 'record' });
      await plan.apply();
      await through(plan, 'joined');
      await query(`INSERT INTO logins VALUES ('google', 'second', 3)`);
      expect(await query('SELECT mapping, side, operation, key_after FROM lockstep.mirror_failure')).toEqual([
        { mapping: 'logins', side: 'old', operation: 'insert', key_after: '{google,second}' },
      ]);
      await plan.approve('soak');
      expect((await plan.apply()).exit).toBe(4);
      const refused = await plan.rollback();
      expect(refused.exit, told(refused)).toBe(4);
      expect(await state()).toBe('new leads');
      expect(told(await plan.rollback({ acceptRecorded: true }))).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
      expect(await value(`SELECT gid FROM users WHERE id = 3`)).toBe('g3');
      // It is not what the source says: nobody but a person can tell what it is.
      expect(await query(`SELECT pid FROM logins WHERE provider = 'google'`)).toEqual([{ pid: 'second' }]);
      expect(
        await value(`SELECT details ->> 'writes' FROM lockstep.event WHERE event = 'recorded writes accepted'`),
      ).toBe('1');
    });

    it('a difference stops the cutover, and is shown', async () => {
      const plan = planOf(test);
      await plan.apply();
      await query(`SET session_replication_role = replica; ALTER TABLE credentials DISABLE TRIGGER ALL; UPDATE credentials SET hash = 'else' WHERE user_id = 4;
        DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'credentials'::regclass AND NOT tgisinternal LOOP
          EXECUTE format('ALTER TABLE credentials ENABLE ALWAYS TRIGGER %I', t.tgname); END LOOP; END $$; SET session_replication_role = origin`);
      await plan.approve('joined');
      const refused = await plan.apply();
      expect(refused.exit, told(refused)).toBe(4);
      expect(told(refused)).toContain('"else"');
      expect(await state()).toBe('old leads');
      await query(`UPDATE users SET hash = 'healed' WHERE id = 4`);
      expect(told(await plan.apply())).toBe('exit 6');
      expect(await state()).toBe('new leads');
    });

    it('what is written between the comparison and the lock is compared under it', async () => {
      // The wrong design: a cutover that believes its comparison. A write that passes the mirrors by comes in between.
      const plan = planOf(test);
      await plan.apply();
      await plan.approve('joined');
      const reached = new EventEmitter();
      const at = (operation: string, to: string): Promise<unknown> => once(reached, `${operation} ${to}`);
      const bypassed = test.database.withSession(async (session) => {
        await at('flip/watch/3', 'done');
        await session.query('BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE');
        await at('flip/cutover', 'running');
        await session.query(`SELECT set_config('lockstep.echo', 'split/in-step: credentials < ' || pg_current_xact_id()::text || ' {4}', true);
          UPDATE users SET hash = 'else' WHERE id = 4; COMMIT`);
      });
      const refused = await plan.apply({
        observe: (event) => {
          if (event.type === 'operation') reached.emit(`${event.operation} ${event.to}`);
        },
      });
      await bypassed;
      expect(refused.exit, told(refused)).toBe(1);
      expect(told(refused)).toContain('what was written since the comparison');
      expect(await state()).toBe('old leads');
    });

    it('a trigger of the source that changes the row once more is followed', async () => {
      await query(`CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.hash := NEW.hash || '~'; RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.hash IS NOT NULL) EXECUTE FUNCTION touch()`);
      const plan = planOf(test);
      expect(told(await plan.apply())).toBe('exit 6');
      await query(`UPDATE credentials SET hash = 'c' WHERE user_id = 1`);
      expect(
        await query(
          'SELECT u.hash AS old, c.hash AS new FROM users AS u JOIN credentials AS c ON user_id = id WHERE id = 1',
        ),
      ).toEqual([{ old: 'c~', new: 'c~' }]);
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('who writes the side that does not lead is noted, and keeps the window from closing', async () => {
      const plan = planOf(test, {}, { quiet: '1h' });
      await plan.apply();
      await through(plan, 'joined');
      await query(
        `INSERT INTO credentials VALUES (500, 'new side'); DELETE FROM lockstep.old_writer WHERE side = 'new'`,
      );
      expect(await value('SELECT count(*) FROM lockstep.old_writer')).toBe('0');
      await query(`BEGIN; SET LOCAL application_name = 'old worker'; UPDATE users SET hash = hash || '.'; COMMIT`);
      expect(await query('SELECT mapping, side, application FROM lockstep.old_writer')).toEqual([
        { mapping: 'credentials', side: 'old', application: 'old worker' },
      ]);
      await plan.approve('soak');
      const refused = await plan.apply();
      expect(refused.exit).toBe(1);
      expect(told(refused)).toContain('old worker');
      await query(`UPDATE lockstep.old_writer SET at = at - interval '61 minutes'`);
      expect(told(await plan.apply())).toBe('exit 0');
    });

    it('a way back that is not the identity is refused before anything changes', async () => {
      await query(`UPDATE users SET hash = 'H5' WHERE id = 5`);
      const plan = planOn(test.database, {
        name: 'folding',
        mappings: {
          credentials: {
            ...MAPPINGS.credentials,
            columns: { user_id: 'id', hash: 'lower(hash)' },
            reverse: { columns: { hash: 'hash' }, on_delete: { set: { hash: 'NULL' } } },
          },
        },
        steps: [
          { id: 'in-step', dual_write: { mappings: ['credentials'], direction: 'both' }, allow: { deadlocks: 'yes' } },
          { id: 'fill', backfill: { mappings: ['credentials'] } },
        ],
      });
      const refused = await plan.apply();
      expect(refused.exit).toBe(4);
      expect(told(refused)).toContain('H5');
      expect(await leftOver(test)).toEqual([]);
      await query(`UPDATE users SET hash = 'h5' WHERE id = 5`);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await failing(`UPDATE credentials SET hash = 'UP' WHERE user_id = 5`)).toContain('does not fit');
    });

    it('a row that comes to one of two targets does not take the source row of the other', async () => {
      await forgetShape(test);
      await query(`CREATE TABLE account (id int PRIMARY KEY, kind text NOT NULL, balance int NOT NULL);
        CREATE TABLE shop (id int PRIMARY KEY, kind text NOT NULL, balance int NOT NULL); CREATE TABLE person (LIKE shop INCLUDING ALL);
        INSERT INTO account VALUES (1, 'person', 10), (2, 'shop', 1000)`);
      const half = (kind: string): object => ({
        from: 'account',
        to: kind,
        where: `kind = '${kind}'`,
        target_where: `kind = '${kind}'`,
        columns: 'same',
        reverse: { on_delete: 'delete' },
      });
      const plan = planOn(test.database, {
        name: 'halves',
        mappings: { shops: half('shop'), persons: half('person') },
        steps: [
          {
            id: 'in-step',
            dual_write: { mappings: ['shops', 'persons'], direction: 'both' },
            allow: { deadlocks: 'yes' },
          },
          { id: 'fill', backfill: { mappings: ['shops', 'persons'] } },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      // Both were acknowledged before, and the shop and its thousand were gone.
      expect(await failing(`INSERT INTO person VALUES (2, 'person', 0)`)).toContain('does not fit');
      await query(`INSERT INTO person VALUES (3, 'person', 5); UPDATE account SET kind = 'person' WHERE id = 2`);
      expect(await query('SELECT id, balance FROM person ORDER BY id')).toEqual([
        { id: 1, balance: 10 },
        { id: 2, balance: 1000 },
        { id: 3, balance: 5 },
      ]);
      expect(await value('SELECT count(*) FROM shop')).toBe('0');
      expect(told(await plan.verify())).toBe('exit 0');
    });

    it('sequences of either side move past what was copied', async () => {
      await forgetShape(test);
      await query(`CREATE TABLE old (id serial PRIMARY KEY, v text); CREATE TABLE new (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
        INSERT INTO old (v) SELECT 'v' || n FROM generate_series(1, 12) AS n`);
      const plan = planOn(test.database, {
        name: 'numbers',
        mappings: { m: { from: 'old', to: 'new', columns: 'same', reverse: { on_delete: 'delete' } } },
        steps: [
          { id: 'in-step', dual_write: { mappings: ['m'], direction: 'both' }, allow: { deadlocks: 'yes' } },
          { id: 'fill', backfill: { mappings: ['m'] } },
          { id: 'flip', cutover: { windows: ['in-step'] } },
        ],
      });
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
      expect(done.diagnostics.map(({ code }) => code)).toContain('LS6510');
      expect(await value(`INSERT INTO new (v) VALUES ('n') RETURNING id`)).toBe(13);
      expect(await value(`SELECT v FROM old WHERE id = 13`)).toBe('n');
      // Its own sequence would give 13 once more: refused, nothing is lost.
      expect(await failing(`INSERT INTO old (v) VALUES ('o')`)).toContain('duplicate key');
      await query('DELETE FROM new WHERE id = 13; UPDATE new SET v = v || $$!$$');
      expect(await value('SELECT count(*) FROM old')).toBe('12');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await value('SELECT count(*) FROM new')).toBe('0');
      expect(await value(`SELECT count(*) FROM old WHERE v LIKE '%!'`)).toBe('12');
    });
  });
}
