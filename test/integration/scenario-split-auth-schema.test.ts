/** Scenario 1 from its plan to its proof and back, on both ends of the servers that lockstep supports. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';

import { createDemoData, DEMO_PLAN_FILE, readTableRows, type TableRows } from '../../src/commands/demo-data.js';
import { validateCommand } from '../../src/commands/validate.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ON_OLD } from '../support/majors.js';
import { planOn, told } from '../support/plan-on-database.js';
import { differencesFrom, inBothDirections, whileUsersLive, type UserLog } from './live-users.js';

const USERS = 20_000;
const SET = { soak: '0s' };
const text = readFileSync(DEMO_PLAN_FILE, 'utf8');

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { database, query, value } = found;
  const plan = planOn(database, text, SET);
  const tableRows = (): Promise<readonly TableRows[]> => database.withSession(readTableRows);

  describe(`split-auth-schema on server ${major}`, () => {
    let before: readonly TableRows[];
    let log: UserLog;

    beforeAll(async () => {
      await database.transaction((session) => createDemoData(session, USERS));
      before = await tableRows();
    });

    test('is valid, and planning it writes nothing', async () => {
      expect(told(await validateCommand({ files: [DEMO_PLAN_FILE], set: {}, env: {} }))).toBe('exit 0');

      const planned = await writtenBy(found, (own) => planOn(own, text, SET).plan());
      expect(told(planned.result)).toBe('exit 0');
      expect(planned.written).toBe(0);
      const baseline = await plan.verify();
      expect(baseline.exit).toBe(4);
      expect(baseline.report!.checks.filter(({ error }) => error !== null)).toEqual([]);
      expect(await value(`SELECT to_regnamespace('lockstep')`)).toBeNull();
    });

    test('fills four tables side by side, and stops at the gate', async () => {
      const applied = await plan.apply();

      expect(told(applied)).toBe('exit 6');
      expect(applied.next).toEqual([`lockstep approve ${plan.file} --gate sign-off`, `lockstep apply ${plan.file}`]);
      const fills = applied.report!.run.operations.filter(({ id }) => id.startsWith('fill/fill/'));
      expect(fills.map(({ id }) => id).sort()).toEqual(FILLS);
      // Not one behind the other: each was under way while the three others were, and two at the same moment.
      for (const { id, walk } of fills) expect([...walk!.overlaps, id].sort()).toEqual(FILLS);
      expect(applied.report!.run.overlap!.operationsAtOnce).toBeGreaterThan(1);
      expect(await value(`SELECT state FROM lockstep."window"`)).toBe('old leads');
    });

    test('has copied exactly the rows of scenario 1, NULLs and all', async () => {
      for (const { expected, actual } of SCENARIO_ROWS) {
        const [row] = await query<{ rows: string; differences: string }>(
          `WITH e AS (${expected}), a AS (${actual})
           SELECT (SELECT count(*) FROM e) AS rows, (SELECT count(*) FROM
             ((TABLE e EXCEPT ALL TABLE a) UNION ALL (TABLE a EXCEPT ALL TABLE e)) AS d) AS differences`,
        );
        expect(Number(row!.rows)).toBeGreaterThan(USERS / 3);
        expect(row!.differences).toBe('0');
      }
    });

    test('is taken back while everybody writes, with what was written, and applies anew', async () => {
      log = await whileUsersLive(found.url, USERS, async (traffic) => {
        await traffic.written(200);
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(back.report!.drift).toEqual([]);
        await traffic.written(200);
      });

      expect(await tableRows()).toEqual(before);
      expect(await differencesFrom(log, query)).toEqual([]);
      expect(await value('SELECT count(*) FROM lockstep.tombstone')).toBe('0');
    });

    test('runs from open to close while everybody writes, and nothing written is lost', async () => {
      log = await whileUsersLive(
        found.url,
        USERS,
        async (traffic) => {
          await traffic.written(50);
          expect(told(await plan.apply())).toBe('exit 6');
          await traffic.written(300);
          expect(told(await plan.verify())).toBe('exit 0');
          expect(told(await plan.approve('sign-off'))).toBe('exit 0');
          const applied = await plan.apply();
          expect(told(applied)).toBe('exit 0');
          expect(applied.report!.outcome).toBe('done');
        },
        log,
      );

      // Who writes users after the close writes users alone; until then the close itself has compared every row.
      expect(await differencesFrom(log, query, false)).toEqual([]);
      expect(await value(`SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal`)).toBe('0');
    });

    test('a second apply writes nothing, and verify finds what was written since the close', async () => {
      const again = await writtenBy(found, (own) => planOn(own, text, SET).apply());
      expect(told(again.result)).toBe('exit 0');
      expect(again.result.report!.outcome).toBe('nothing to do');
      expect(again.written).toBe(0);
      // The measure does not see what autovacuum and other databases may do at any time, and sees what is written.
      const elsewhere = await writtenBy(found, (own) =>
        own.withSession(async (session) => {
          await session.query('ANALYZE users');
          await session.query('CREATE ROLE counts_nothing');
          await session.query('DROP ROLE counts_nothing');
        }),
      );
      expect(elsewhere.written).toBe(0);
      const one = await writtenBy(found, (own) =>
        own.withSession((session) =>
          session.query(`UPDATE users SET real_name = 'since' WHERE email = 'user1@example.com'`),
        ),
      );
      expect(one.written).toBe(1);

      const verified = await plan.verify();
      expect(verified.exit).toBe(4);
      expect(verified.report!.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(CHECKS));
      expect(
        verified.report!.checks.find(({ name }) => name === 'profiles match')?.answer?.violations,
      ).toBeGreaterThanOrEqual(1);
    });

    test('in both directions it is cut over while everybody writes either side, and comes back with all of it', async () => {
      await query('DROP TABLE users, user_credentials, user_external_logins, user_profiles, user_preferences');
      await database.transaction((session) => createDemoData(session, USERS));
      before = await tableRows();
      const both = planOn(database, inBothDirections(text), SET);
      log = await whileUsersLive(found.url, USERS, async (traffic) => {
        await traffic.written(50);
        expect(told(await both.apply())).toBe('exit 6');
        traffic.alsoNewSide();
        await traffic.written(200);
        expect(told(await both.approve('sign-off'))).toBe('exit 0');
        expect(told(await both.apply())).toBe('exit 6');
        expect(await value(`SELECT state FROM lockstep."window" WHERE name LIKE '%both%'`)).toBe('new leads');
        await traffic.written(200);
        expect(told(await both.verify())).toBe('exit 0');
        traffic.onlyOldSide();
        await traffic.written(8);
        const back = await both.rollback();
        expect(told(back)).toBe('exit 0');
        expect(back.report!.drift).toEqual([]);
      });

      expect(await tableRows()).toEqual(before);
      expect(await differencesFrom(log, query)).toEqual([]);
    });

    test('a gate holds back a step that shares no table with what came before', async () => {
      await query('CREATE TABLE left_hand (id int PRIMARY KEY); CREATE TABLE right_hand (id int PRIMARY KEY)');
      const insert = (table: string) => ({ up: `INSERT INTO ${table} VALUES (1)`, down: `DELETE FROM ${table}` });
      const steps = [
        { id: 'left', sql: insert('left_hand') },
        { id: 'gate', gate: { approval: 'dba' } },
      ];
      const gated = planOn(database, { name: 'gated', steps: [...steps, { id: 'right', sql: insert('right_hand') }] });

      expect(told(await gated.apply())).toBe('exit 6');
      expect(await query('SELECT FROM left_hand')).toHaveLength(1);
      expect(await query('SELECT FROM right_hand')).toHaveLength(0);

      expect(told(await gated.approve('gate'))).toBe('exit 0');
      expect(told(await gated.apply())).toBe('exit 0');
      expect(await query('SELECT FROM right_hand')).toHaveLength(1);
    });
  });
}

const FILLS = ['credentials', 'logins', 'preferences', 'profiles'].map((mapping) => `fill/fill/${mapping}`);

const CHECKS = [
  'a Google id belongs to one user',
  'users with password',
  'users with oauth',
  'users with profile',
  'users with preferences',
  'orphaned credentials',
  'orphaned external logins',
  'users without preferences',
  'passwords match',
  'Google ids match',
  'profiles match',
  'preferences match',
];

/** The SELECTs of the scenario's own script, and what they must have become. EXCEPT takes NULLs for equal. */
const SCENARIO_ROWS = [
  {
    expected: 'SELECT id, password_hash, updated_at, created_at FROM users WHERE password_hash IS NOT NULL',
    actual: 'SELECT user_id, password_hash, password_updated_at, created_at FROM user_credentials',
  },
  {
    expected: `SELECT id, 'google', google_user_id, created_at, created_at FROM users WHERE google_user_id IS NOT NULL`,
    actual: `SELECT user_id, provider, provider_user_id, linked_at, created_at FROM user_external_logins WHERE provider = 'google'`,
  },
  {
    expected: 'SELECT id, real_name, created_at, updated_at FROM users WHERE real_name IS NOT NULL',
    actual: 'SELECT user_id, real_name, created_at, updated_at FROM user_profiles',
  },
  {
    expected: 'SELECT id, timer_is_public, timer_show_in_list, created_at, updated_at FROM users',
    actual: 'SELECT user_id, timer_is_public, timer_show_in_list, created_at, updated_at FROM user_preferences',
  },
];

/**
 * Rows that the server counted as inserted, updated or deleted in any table while `work` had the database, by connections
 * of its own: a backend has reported everything when it has ended. Not counted: pg_statistic and its TOAST table, which
 * autovacuum writes; the catalogs that all databases share, which the files beside this one write.
 */
async function writtenBy<T>(
  { url, query, value }: TestDatabase,
  work: (own: PgDatabase) => Promise<T>,
): Promise<{ readonly result: T; readonly written: number }> {
  const written = async (): Promise<number> =>
    Number(
      await value(
        `SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_all_tables WHERE relid NOT IN
           (SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class
            WHERE relisshared OR oid IN ('pg_statistic'::regclass, 'pg_statistic_ext_data'::regclass))`,
      ),
    );
  await settled(query);
  const before = await written();
  const own = new PgDatabase({ url });
  const result = await work(own);
  await own.close();
  await settled(query);
  return { result, written: (await written()) - before };
}

/** Ends every connection but the observer's, and waits until they are gone; the pool opens new ones. */
async function settled(query: TestDatabase['query']): Promise<void> {
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  for (let tries = 0; (await query(others)).length > 0; tries++) {
    if (tries > 100) throw new Error('connections stay open');
    await query('SELECT pg_sleep(0.05)');
  }
}
