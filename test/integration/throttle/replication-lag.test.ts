import { afterAll, beforeEach, describe, expect, test } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { ON_OLD } from '../../support/majors.js';
import { startPrimary, startStandby } from '../../support/standby.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { expectExact, held, startFill, TABLE, type HeldRun } from './held-run.js';

for (const major of ON_OLD) {
  describe(`the lag of a streaming standby, on server ${major}`, async () => {
    const primary = await startPrimary(major);
    const standby = await startStandby(primary, 'r1');
    const [database, observer, replica] = [primary, primary, standby].map(({ url }) => new PgDatabase({ url }));
    afterAll(async () => {
      await Promise.all([database, observer, replica].map((each) => each!.close()));
      await standby.remove();
      await primary.remove();
    });
    const query = async <Row>(sql: string): Promise<readonly Row[]> =>
      (await observer!.withSession((session) => session.query<Row>(sql))).rows;
    const onStandby = (sql: string): Promise<unknown> => replica!.withSession((session) => session.query(sql));
    const written = async (): Promise<number> =>
      Number((await query<{ count: string }>('SELECT count(*) FROM n WHERE n > 0'))[0]!.count);
    /** Slow enough for the throttle to look on: 20 batches of 200 ms. */
    const SLOW = `n + 1 + (pg_sleep(0.02) IS NULL)::int`;
    const start = (more: Parameters<typeof startFill>[2] = {}): HeldRun =>
      startFill(database!, { replication_lag: '1500ms' }, more);

    beforeEach(async () => {
      await onStandby('SELECT pg_wal_replay_resume()');
      await query(TABLE);
      await caughtUp();
    });

    async function caughtUp(): Promise<void> {
      for (let tries = 0; tries < 400; tries++) {
        const [row] = await query<{ ok: boolean }>(
          'SELECT coalesce(bool_or(replay_lsn >= pg_current_wal_lsn()), false) AS ok FROM pg_stat_replication',
        );
        if (row!.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error('the standby does not come');
    }

    test('verify runs on a standby, which no plan is run on', async () => {
      await query('UPDATE n SET n = 0');
      await caughtUp();
      const plan = planOn(replica!, {
        name: 'looked',
        steps: [{ id: 'v', verify: [{ no_nulls: { table: 'n', columns: ['n'] } }] }],
      });
      expect(told(await plan.verify())).toBe('exit 0');
      expect(told(await plan.apply())).toMatch(/^exit 1\nLS8003 /);
    });

    test('a standby whose replay is paused holds the run back; resumed, it goes on', async () => {
      const run = start({ expression: SLOW });
      await run.until(({ signals }) => signals.some(({ value }) => value !== null));
      await onStandby('SELECT pg_wal_replay_pause()');
      const event = await run.until(held);
      expect(event.signals[0]).toMatchObject({ name: 'replication_lag', limit: 1500, unit: 'ms', over: true });
      expect(event.signals[0]!.reason).toMatch(/^lag of standby r1 [\d.]+ s > 1\.5 s$/);
      expect(event.signals[0]!.value).toBeGreaterThan(1500);
      const before = await written();
      expect(before).toBeLessThan(200);
      const later = await run.until(({ signals }) => signals[0]!.value! > event.signals[0]!.value! + 1500);
      expect(later.held).toBe(true);
      expect(await written()).toBe(before);
      await onStandby('SELECT pg_wal_replay_resume()');
      await expectExact(run, query);
    });

    test('one that no longer answers is late though the server keeps its last figure', async () => {
      const run = start({ expression: SLOW });
      await run.until(({ signals }) => signals.some(({ value }) => value !== null));
      const receiver = await replica!.withSession((session) =>
        session.query<{ pid: number }>('SELECT pid FROM pg_stat_wal_receiver'),
      );
      const { pid } = receiver.rows[0]!;
      process.kill(pid, 'SIGSTOP');
      try {
        const event = await run.until(held);
        expect(event.signals[0]!.reason).toMatch(/^lag of standby r1 [\d.]+ s > 1\.5 s$/);
        const [told] = await query<{ small: boolean }>(
          `SELECT coalesce(replay_lag, '0') < '1 s' AS small FROM pg_stat_replication`,
        );
        expect(told).toEqual({ small: true });
        const before = await written();
        await run.until(({ signals }) => signals[0]!.value! > event.signals[0]!.value! + 1500);
        expect(await written()).toBe(before);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await expectExact(run, query);
    });

    test('a role that may not see the standbys does not take that for calm', async () => {
      await query(`DO $$ BEGIN CREATE ROLE plain LOGIN PASSWORD 'plain'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT CREATE ON DATABASE postgres TO plain; GRANT ALL ON SCHEMA public TO plain; ALTER TABLE n OWNER TO plain`);
      const url = new URL(primary.url);
      [url.username, url.password] = ['plain', 'plain'];
      const plain = new PgDatabase({ url: url.href });
      try {
        const run = startFill(plain, { replication_lag: '10s' });
        expect(told(await run.result)).toMatch(
          'exit 6\nLS9033 `replication_lag`: the role of the run may not see the standbys. → see that every standby streams; for what the role may not see, GRANT pg_monitor',
        );
        expect(await written()).toBe(0);
        await query('GRANT pg_monitor TO plain');
        await expectExact(startFill(plain, {}, { plan: run.plan }), query);
      } finally {
        await query('ALTER TABLE n OWNER TO CURRENT_USER; REVOKE ALL ON SCHEMA public FROM plain');
        await plain.close();
      }
    });

    test('one that stood still before the run began is found out before the first row is written', async () => {
      await onStandby('SELECT pg_wal_replay_pause()');
      await query('CREATE TABLE IF NOT EXISTS other (i int); INSERT INTO other VALUES (1)');
      const run = start();
      const [signal] = (await run.until(held)).signals;
      // Where the run took longer than the limit to come this far, it is known already that it is too much.
      if (signal!.value === null)
        expect(signal!.reason).toMatch(
          /^standby r1 has not come yet to where this run began: behind by at least \d+ ms of 1\.5 s$/,
        );
      else expect(signal!.value).toBeGreaterThan(1500);
      expect(await written()).toBe(0);
      await run.until(({ signals }) => (signals[0]!.value ?? 0) > 1500);
      expect(await written()).toBe(0);
      await onStandby('SELECT pg_wal_replay_resume()');
      await expectExact(run, query);
    });

    test('one that goes away stops the run; with it back, the run goes on', async () => {
      const run = start({ expression: SLOW });
      await run.until(({ signals }) => signals.some(({ value }) => value !== null));
      await standby.stop('fast');
      const event = await run.until(held);
      expect(event.signals[0]!.reason).toMatch(/^standby r1 is not connected, for /);
      const stopped = await run.result;
      expect(told(stopped)).toMatch(
        /^exit 6\nLS9033 `replication_lag`: standby r1 was there and is not connected any more\. → see that every standby/,
      );
      const before = await written();
      expect(before).toBeLessThan(200);
      // A new process has never seen it: nothing is taken for calm.
      const again = await start({ plan: run.plan }).result;
      expect(told(again)).toMatch(/^exit 6\nLS9033 `replication_lag`: no standby is connected\./);
      expect(await written()).toBe(before);
      await standby.start();
      await caughtUp();
      await expectExact(start({ plan: run.plan }), query);
    });
  });
}
