import { afterAll, beforeEach, describe, expect, test } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { urlOfDatabase } from '../../support/database.js';
import { startPrimary } from '../../support/standby.js';
import { told } from '../../support/plan-on-database.js';
import { expectExact, held, startFill, TABLE } from './held-run.js';

/** Each is caused for real, on a server of its own: they are of the whole server. */
for (const major of [18, 15]) {
  describe(`signals of server ${major}`, async () => {
    const server = await startPrimary(major, { archive_mode: 'on', archive_command: 'true' });
    const [database, observer, other] = [1, 2, 3].map(() => new PgDatabase({ url: server.url }));
    afterAll(async () => {
      await Promise.all([database, observer, other].map((each) => each!.close()));
      await server.remove();
    });
    const query = async <Row>(sql: string): Promise<readonly Row[]> =>
      (await observer!.withSession((session) => session.query<Row>(sql))).rows;
    const written = async (): Promise<number> =>
      Number((await query<{ count: string }>('SELECT count(*) FROM n WHERE n > 0'))[0]!.count);
    const until = async (condition: string): Promise<void> => {
      for (let tries = 0; tries < 1200; tries++) {
        if ((await query<{ ok: boolean }>(`SELECT (${condition}) AS ok`))[0]!.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`it never came to ${condition}`);
    };
    const archiveBy = async (command: string): Promise<void> => {
      await query(`ALTER SYSTEM SET archive_command = '${command}'`);
      await query('SELECT pg_reload_conf()');
    };

    beforeEach(() => query(TABLE));

    test('files that wait to be archived, because the command fails', async () => {
      await archiveBy('false');
      await query('SELECT pg_switch_wal()');
      await until(`EXISTS (SELECT FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')`);
      const run = startFill(database!, { wal_archive_queue: 0 });
      const event = await run.until(held);
      expect(event.signals[0]).toMatchObject({ name: 'wal_archive_queue', limit: 0, unit: 'count', over: true });
      expect(event.signals[0]!.reason).toMatch(/^log files to archive \d+ > 0$/);
      expect(await written()).toBe(0);
      await archiveBy('true');
      await expectExact(run, query);
    });

    test('log that an idle slot holds back', async () => {
      await query(`SELECT pg_create_physical_replication_slot('idle', true)`);
      await query(
        `CREATE TABLE IF NOT EXISTS log (t text); INSERT INTO log SELECT repeat('x', 100) FROM generate_series(1, 20000)`,
      );
      const run = startFill(database!, { slot_lag: '1MB' });
      const event = await run.until(held);
      expect(event.signals[0]!.reason).toMatch(/^slot idle \d+(\.\d)? MB > 1 MB$/);
      expect(await written()).toBe(0);
      await query(`SELECT pg_drop_replication_slot('idle')`);
      await expectExact(run, query);
    });

    test('sessions that wait for a row of a batch, also behind another one', async () => {
      const run = startFill(
        database!,
        { lock_waiters: 1 },
        { rows: 100, expression: 'n + 1 + (pg_sleep(0.03) IS NULL)::int' },
      );
      await until(
        `EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.03)%' AND wait_event = 'PgSleep')`,
      );
      // The second wants nothing that a batch holds: it waits behind the first, which does.
      const waiting = [other!.withSession((session) => session.query('BEGIN; LOCK TABLE n IN EXCLUSIVE MODE; COMMIT'))];
      await until(`EXISTS (SELECT FROM pg_locks WHERE relation = 'n'::regclass AND NOT granted)`);
      waiting.push(other!.withSession((session) => session.query('SELECT FROM n WHERE id = 1 FOR UPDATE')));
      const seen = await run.until(({ signals }) => signals[0]!.value === 2);
      expect(seen.signals[0]!.reason).toBe('sessions that wait for locks of this run 2 > 1');
      expect((await run.until(held)).signals[0]!.over).toBe(true);
      await Promise.all(waiting);
      await expectExact(run, query);
    });

    test('whoever waits for somebody else is none of them', async () => {
      await query(
        'CREATE TABLE IF NOT EXISTS elsewhere (id int); TRUNCATE elsewhere; INSERT INTO elsewhere VALUES (1)',
      );
      await observer!.withSession(async (holder) => {
        await holder.query('BEGIN; UPDATE elsewhere SET id = 2');
        const waiting = other!.withSession((session) => session.query('UPDATE elsewhere SET id = 3'));
        const run = startFill(database!, { lock_waiters: 0 });
        await expectExact(run, query);
        expect(run.events.some((event) => event.type === 'throttle' && event.held)).toBe(false);
        await holder.query('COMMIT');
        await waiting;
      });
    });

    test('sessions of others at work', async () => {
      const sleeping = [1, 2].map(() =>
        other!
          .withSession((session) => session.query(`SET application_name = 'billing'; SELECT pg_sleep(600)`))
          .catch(() => undefined),
      );
      await until(
        `(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'billing' AND state = 'active') = 2`,
      );
      const run = startFill(database!, { active_sessions: 1 });
      const event = await run.until(held);
      expect(event.signals[0]!.reason).toMatch(/^active sessions \d > 1$/);
      expect(await written()).toBe(0);
      await query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'billing'`);
      await Promise.all(sleeping);
      await expectExact(run, query);
    });

    test('dead rows of a partition, until somebody vacuums it', async () => {
      await query(`DROP TABLE n; CREATE TABLE n (id int PRIMARY KEY, n int NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE n_low PARTITION OF n FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
        INSERT INTO n SELECT i, 0 FROM generate_series(1, 5000) AS i; UPDATE n SET n = 0`);
      await until(`(SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'n_low') > 4000`);
      const run = startFill(database!, { dead_tuples: 3000 }, { rows: 500 });
      const event = await run.until(held);
      expect(event.signals[0]!.reason).toMatch(/^dead rows in public\.n_low \d,\d+ > 3,000$/);
      expect(await written()).toBe(0);
      // The fill leaves dead rows itself: it is held back again.
      const vacuumed = (async (): Promise<void> => {
        for (;;) {
          await query('VACUUM n');
          await run.until(held);
        }
      })().catch(() => undefined);
      await expectExact(run, query, 5000);
      await vacuumed;
    });

    test('a role that may not see a signal does not take it for calm; pg_monitor lets it', async () => {
      await query(`CREATE ROLE plain LOGIN PASSWORD 'plain'`);
      await query('CREATE DATABASE plain_db OWNER plain');
      const url = new URL(urlOfDatabase(server.url, 'plain_db'));
      [url.username, url.password] = ['plain', 'plain'];
      const plain = new PgDatabase({ url: url.href });
      try {
        await plain.withSession((session) => session.query(TABLE));
        for (const [signal, limit, says] of [
          ['active_sessions', 100, 'the role of the run may not see what other sessions do'],
          ['wal_archive_queue', 100, 'permission denied for function pg_ls_archive_statusdir'],
          ['replication_lag', '5s', 'no standby is connected'],
        ] as const) {
          const run = startFill(plain, { [signal]: limit });
          const stopped = await run.result;
          expect(told(stopped)).toMatch(`exit 6\nLS9033 \`${signal}\`: ${says}. → `);
          expect(stopped.report?.outcome).toBe('stopped');
          await run.plan.rollback({ ignoreThrottle: [signal] });
        }
        const can = startFill(plain, { lock_waiters: 0, slot_lag: '1GB', dead_tuples: 1000 });
        expect(told(await can.result)).toBe('exit 0');
        await query('GRANT pg_monitor TO plain');
        const may = startFill(plain, { active_sessions: 100, wal_archive_queue: 100 });
        expect(told(await may.result)).toBe('exit 0');
      } finally {
        await plain.close();
        await query('DROP DATABASE plain_db WITH (FORCE)');
      }
    });
  });
}
