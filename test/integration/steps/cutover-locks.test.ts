/** What a cutover and a close ask of an application that does not pause: how much is looked at under the lock, how often it is asked for. */
import { beforeEach, describe, expect, it } from 'vitest';

import type { RunEvent } from '../../../src/executor/run-event.js';
import type { Database } from '../../../src/executor/session.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { withSessions } from '../../support/with-sessions.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { forgetTables } from './whole-cycle.js';

const ROWS = 3_000;
const CLIENTS_OF_EACH_SIDE = 4;

const TABLES = `
  CREATE TABLE origin (id int PRIMARY KEY, v text NOT NULL);
  CREATE TABLE copy (id int PRIMARY KEY, v text NOT NULL);
  INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, ${ROWS}) AS n`;

for (const major of ON_OLD) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;
  const state = (): Promise<unknown> => value(`SELECT state FROM lockstep."window"`);

  const atTheGate = async (limits: object = {}, through: Database = database): Promise<PlanOnDatabase> => {
    const plan = planOn(through, {
      name: 'locks',
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', reverse: { on_delete: 'delete' } } },
      steps: [
        { id: 'in-step', dual_write: { mappings: ['copied'], direction: 'both' }, allow: { deadlocks: 'yes' } },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'joined', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: ['in-step'], ...limits } },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['in-step'], quiet: '0s' } },
      ],
    });
    expect(told(await plan.apply())).toBe('exit 6');
    expect((await plan.approve('joined')).exit).toBe(0);
    return plan;
  };

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(TABLES);
    });

    it('keys that were written since the comparison are worked off before the lock is asked for', async () => {
      // The wrong design: all of them are compared under the lock, and nobody writes meanwhile.
      const seen: number[] = [];
      const plan = await atTheGate({}, countingEntries(seen));
      expect((await plan.apply(stopAfterOperation('flip/compare/in-step/1-in_sync'))).exit).toBe(6);
      await query(`UPDATE origin SET v = v || '!'`);
      expect(Number(await value('SELECT count(*) FROM lockstep.touched'))).toBeGreaterThanOrEqual(ROWS);
      expect(told(await plan.apply())).toBe('exit 6');
      expect(await state()).toBe('new leads');
      expect(seen).toHaveLength(1);
      expect(seen[0]).toBeLessThan(ROWS / 10);
      expect(await value('SELECT count(*) FROM lockstep.touched')).toBe('0');
    });

    it('a bulk write that is committed while the lock is asked for is not compared under it', async () => {
      // The wrong design: whatever was written is compared under the lock (measured: 3.6 s).
      const plan = await atTheGate({ lock_timeout: '3s' });
      expect((await plan.apply(stopAfterOperation('flip/compare/in-step/1-in_sync'))).exit).toBe(6);
      const reasons: string[] = [];
      let commit: () => void = () => undefined;
      const committed = new Promise<void>((resolve) => (commit = resolve));
      let bulk: Promise<unknown> = Promise.resolve();
      await new Promise<void>((written) => {
        bulk = database.transaction(async (session) => {
          await session.query(`UPDATE origin SET v = v || '!'`);
          written();
          await committed;
        });
      });
      const applied = plan.apply({
        observe: (event) => {
          if (event.type === 'retry') reasons.push(event.reason);
        },
      });
      await untilTheRunWaits();
      commit();
      await bulk;
      expect(told(await applied)).toBe('exit 6');
      expect(reasons.join('\n')).toContain('entries were written while its locks were asked for');
      expect(await state()).toBe('new leads');
    });

    it('sides are written without a pause, and no lock is asked for many times', { timeout: 120_000 }, async () => {
      // The wrong design: one lock on all tables. Who writes one side holds it and wants the other one: of two orders one is ours.
      const plan = await atTheGate();
      const retries: string[] = [];
      const observe = (event: RunEvent): void => {
        if (event.type === 'retry') retries.push(`${event.operation}: ${event.reason}`);
      };
      const written = await whileWritten(['origin', 'copy'], async () => {
        const flipped = await plan.apply({ observe });
        expect(flipped.exit, told(flipped)).toBe(6);
        expect(await state()).toBe('new leads');
      });
      await plan.approve('soak');
      // The old side is quiet by then, or no window would close.
      const writtenThen = await whileWritten(['copy'], async () => {
        expect(told(await plan.apply({ observe }))).toBe('exit 0');
        expect(await state()).toBe('closed');
      });
      expect(Math.min(written, writtenThen)).toBeGreaterThan(100);
      expect(retries.length, retries.join('\n')).toBeLessThan(5);
    });
  });

  /** In the transaction of the cutover, before its window moves: the locks are held. A trigger on the journal would be refused. */
  function countingEntries(seen: number[]): Database {
    return withSessions(database, (session) => ({
      async query<Row>(sql: string, parameters?: readonly unknown[]) {
        if (sql.includes(`SET state = 'new leads'`)) {
          const { rows } = await session.query<{ n: string }>('SELECT count(*) AS n FROM lockstep.touched');
          seen.push(Number(rows[0]!.n));
        }
        return session.query<Row>(sql, parameters);
      },
    }));
  }

  async function untilTheRunWaits(): Promise<void> {
    const waits = `SELECT count(*) > 0 FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE NOT l.granted AND l.mode = 'ExclusiveLock'
      AND l.relation = 'origin'::regclass AND a.application_name LIKE 'lockstep run %'`;
    for (let look = 0; (await value(waits)) !== true; look++) {
      if (look > 2_000) throw new Error('the cutover did not ask for its lock');
      await systemClock.sleep(5);
    }
  }

  /** Rejects where a write is refused. */
  async function whileWritten(tables: readonly string[], work: () => Promise<void>): Promise<number> {
    let [over, writes] = [false, 0];
    const client = (table: string, number: number): Promise<void> =>
      database.withSession(async (session) => {
        // Rows of its own: two sessions that meet on a row are a conflict of the application.
        for (let turn = 0; !over; turn++, writes++) {
          const id = 1 + number + 8 * (turn % Math.floor(ROWS / 8));
          await session.query(`UPDATE ${table} SET v = v || '.' WHERE id = $1`, [id]);
        }
      });
    const clients = Array.from({ length: tables.length * CLIENTS_OF_EACH_SIDE }, (_, number) =>
      client(tables[number % tables.length]!, number),
    );
    try {
      await Promise.race([work(), Promise.all(clients)]);
    } finally {
      over = true;
      await Promise.allSettled(clients);
    }
    await Promise.all(clients);
    return writes;
  }
}
