/** Locks that others hold: an attempt is short, autovacuum gives way, and what never comes ends in a state with names. */
import { describe, expect, it, onTestFinished } from 'vitest';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { startThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { LockBudgetSpentError, lockTables } from '../../src/executor/lock-tables.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { systemClock } from '../../src/kernel/clock.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import {
  alterItem,
  begun,
  check,
  listener,
  openTransaction,
  statement,
  until,
  WAITING,
  ITEM,
} from './support/ddl-operations.js';
import { apply } from './support/run-plan.js';
import { startPlanProcess } from './support/start-plan-process.js';

const HAS_COLUMN = `SELECT count(*)::int FROM pg_attribute WHERE attrelid = 'item'::regclass AND attname = 'added'`;

async function withItem(major: number): Promise<TestDatabase> {
  const test = await testDatabase({ major, after: onTestFinished });
  await test.query(ITEM);
  return test;
}

const isRetry = (event: RunEvent): boolean => event.type === 'retry';

const folder = await compileForProcesses();

const VALIDATE = statement('validate', 'ALTER TABLE item VALIDATE CONSTRAINT n_known', {
  ...{ unlimited: true, lockFirst: ['public.item'] },
  locks: [{ relation: 'public.item', mode: 'SHARE UPDATE EXCLUSIVE' }],
});

describe.each([18, 15])('on server %i', (major) => {
  it('a lock that never comes ends blocked, names who holds it, and goes on when it is gone', async () => {
    const test = await withItem(major);
    const client = await openTransaction(test.url, `SELECT n FROM item WHERE id = 1 AND n = '17'::int`);
    const plan = await begun(test, [alterItem('add', 'ADD COLUMN added int')]);
    const { observe, events } = listener();
    const first = await apply(plan, test.database, { observe });
    expect(first).toMatchObject({ exit: 6, report: { outcome: 'blocked', run: { run: { status: 'blocked' } } } });
    const [operation] = first.report!.run.operations;
    expect(operation).toMatchObject({ state: 'blocked', attempts: 1 });
    expect(operation!.outcome!.blockers).toEqual([
      {
        ...{ pid: client.pid, role: 'postgres', application: 'billing', state: 'idle in transaction' },
        ...{ holds: 'ACCESS SHARE', relation: 'public.item', openMs: expect.any(Number) as number },
        query: expect.stringMatching(/^SET application_name = …$/) as string,
      },
    ]);
    const [diagnostic] = first.diagnostics;
    expect(diagnostic).toMatchObject({ code: 'LS9027' });
    expect(diagnostic!.detail).toContain(`pid ${client.pid} (billing as postgres, idle in transaction`);
    expect(first.next).toEqual([`lockstep apply ${plan.file}`]);
    const retries = events.filter((event) => event.type === 'retry');
    expect(retries).toHaveLength(9);
    expect(retries.at(-1)!.reason).toContain(`pid ${client.pid}`);
    expect(await test.value(HAS_COLUMN)).toBe(0);
    await client.letGo();
    expect((await apply(plan, test.database)).exit).toBe(0);
    expect(await test.value(HAS_COLUMN)).toBe(1);
  });

  it('a long reader: the application never queues behind us for long, and the lock comes when the reader ends', async () => {
    async function readsWhileWeWait(unlimited: boolean): Promise<number> {
      const test = await withItem(major);
      const reader = await openTransaction(test.url, 'SELECT count(*) FROM item');
      const add = alterItem('add', 'ADD COLUMN added int', unlimited ? { unlimited, lockFirst: [] } : {});
      const plan = await begun(test, [add]);
      const { observe, saw } = listener();
      const running = apply(plan, test.database, { observe });
      const application = new PgDatabase({ url: test.url, maxSessions: 1 });
      onTestFinished(() => application.close());
      await until(test, `${WAITING} AND l.mode = 'AccessExclusiveLock'`);
      let refused = 0;
      // Far above an attempt's wait of 40 ms, far below for ever.
      await application.withSession(async (session) => {
        await session.query('SET lock_timeout = 1500');
        const over = unlimited ? Promise.resolve() : saw(isRetry, 5);
        const till = { over: false };
        void over.then(() => (till.over = true));
        do await session.query('SELECT count(*) FROM item').catch(() => (refused += 1));
        while (!till.over);
      });
      await reader.letGo();
      expect((await running).exit).toBe(0);
      expect(await test.value(HAS_COLUMN)).toBe(1);
      return refused;
    }
    expect(await readsWhileWeWait(true), 'the wrong design was not caught').toBe(1);
    expect(await readsWhileWeWait(false)).toBe(0);
  });

  it('autovacuum gives way to the light lock; to a short timeout alone it does not', async () => {
    const server = await startThrowawayServer({
      major,
      settings: { autovacuum_naptime: '1s', max_prepared_transactions: '2' },
    });
    onTestFinished(() => server.remove());
    const database = new PgDatabase({ url: server.url });
    onTestFinished(() => database.close());
    const query = async (sql: string) => (await database.withSession((session) => session.query(sql))).rows;
    // At one page in 100 ms it is at work for minutes.
    await query(`CREATE TABLE item (id int PRIMARY KEY, n int) WITH (autovacuum_vacuum_threshold = 1,
      autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`);
    await query('INSERT INTO item SELECT g, g FROM generate_series(1, 100000) AS g');
    await query('DELETE FROM item WHERE id % 2 = 0');
    const vacuum = `SELECT a.pid FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid)
      WHERE a.backend_type = 'autovacuum worker' AND l.relation = 'item'::regclass AND l.mode = 'ShareUpdateExclusiveLock'`;
    const { pid } = await until({ query } as TestDatabase, vacuum);
    const add = alterItem('add', 'ADD COLUMN added int');
    const wrong = await begun({ database }, [{ ...add, lockFirst: [] }]);
    const refused = await apply(wrong, database);
    expect(refused.exit, 'the wrong design was not caught').toBe(6);
    expect(refused.diagnostics[0]!.detail).toContain(`pid ${String(pid)} (autovacuum worker`);
    await query('DROP SCHEMA lockstep CASCADE');
    const { observe, events } = listener();
    const right = await begun({ database }, [add]);
    expect((await apply(right, database, { observe })).exit).toBe(0);
    expect(events.filter(isRetry)).toEqual([]);

    // The same server allows transactions that belong to no process.
    await query(`DROP SCHEMA lockstep CASCADE; ALTER TABLE item SET (autovacuum_enabled = off)`);
    await query(`BEGIN; LOCK TABLE item IN ROW EXCLUSIVE MODE; PREPARE TRANSACTION 'left over'`);
    const plan = await begun({ database }, [alterItem('more', 'ADD COLUMN more int')]);
    const blocked = await apply(plan, database);
    expect(blocked.diagnostics[0]!.detail).toMatch(
      /a prepared transaction \(postgres, open since .*\) holds ROW EXCLUSIVE on public\.item: left over/,
    );
    await query(`ROLLBACK PREPARED 'left over'`);
    expect((await apply(plan, database)).exit).toBe(0);
  });

  it('several locks have one time together, and are tried again together', async () => {
    const test = await withItem(major);
    await test.query('CREATE TABLE other (id int)');
    const tables = ['public.item', 'public.other'];
    const locks = tables.map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' }) as const);
    const both = statement('both', 'ALTER TABLE item ADD COLUMN added int', { lockFirst: tables, locks });
    const plan = await begun(test, [both]);
    const reader = await openTransaction(test.url, 'SELECT FROM other');
    const { observe, saw } = listener();
    const running = apply(plan, test.database, { observe });
    await saw(isRetry, 2);
    await reader.letGo();
    expect((await running).exit).toBe(0);

    // Each of them is had, or waited for, within the time; lock_timeout alone would begin again with the second.
    const [first] = [
      await openTransaction(test.url, 'SELECT FROM item'),
      await openTransaction(test.url, 'SELECT FROM other'),
    ];
    const asked = test.database.transaction((session) =>
      lockTables(both, { number: 1, waitMs: 900, lightWaitMs: 2_000 }, session, {
        clock: systemClock,
        limits: { lockTimeoutMs: 900, statementTimeoutMs: 0, workers: 1, searchPath: ['public'] },
      }),
    );
    const refused = expect(asked).rejects.toThrow(LockBudgetSpentError);
    await until(test, `${WAITING} AND l.relation = 'item'::regclass`);
    await first.letGo();
    await refused;
  });

  it('what is asserted is asserted under the lock, and a violation changes nothing', async () => {
    const test = await withItem(major);
    const assertions = [
      check(
        'the lock is held',
        `SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'item'::regclass AND mode = 'AccessExclusiveLock')`,
      ),
      check('no row is left', 'SELECT id FROM item'),
    ];
    const plan = await begun(test, [alterItem('add', 'ADD COLUMN added int', { assertions })]);
    const refused = await apply(plan, test.database);
    expect(refused.exit).toBe(1);
    expect(refused.diagnostics[0]!.detail).toContain('no row is left');
    await test.query('DELETE FROM item');
    expect((await apply(plan, test.database)).exit).toBe(0);
  });

  it('what pauses for a lock leaves its slot to others', async () => {
    const test = await withItem(major);
    const reader = await openTransaction(test.url, 'SELECT FROM item');
    const plan = await begun(
      test,
      [alterItem('add', 'ADD COLUMN added int'), statement('free', 'CREATE TABLE free ()')],
      {
        workers: 1,
      },
    );
    const { observe, events, saw } = listener();
    const running = apply(plan, test.database, { observe });
    await saw((event) => event.type === 'operation' && event.operation === 'free' && event.to === 'done');
    expect(events.some((event) => event.type === 'operation' && event.operation === 'add' && event.to === 'done')).toBe(
      false,
    );
    await reader.letGo();
    expect((await running).exit).toBe(0);
  });

  it('a validation waits as long as it takes and says for whom; bad rows fail it, and it goes on when they are repaired', async () => {
    const test = await withItem(major);
    await test.query('INSERT INTO item VALUES (0, NULL)');
    const add = alterItem('add', 'ADD CONSTRAINT n_known CHECK (n IS NOT NULL) NOT VALID');
    const plan = await begun(test, [add, VALIDATE], { edges: [['add', 'validate']] });
    const failed = await apply(plan, test.database);
    expect(failed).toMatchObject({
      exit: 1,
      report: { run: { operations: [{ state: 'done' }, { state: 'failed' }] } },
    });
    expect(failed.diagnostics[0]!.detail).toContain('SQLSTATE 23514');
    await test.query('DELETE FROM item WHERE n IS NULL');
    const other = await openTransaction(test.url, 'LOCK TABLE item IN SHARE UPDATE EXCLUSIVE MODE');
    const { observe, events, saw } = listener();
    const running = apply(plan, test.database, { observe });
    await saw((event) => event.type === 'watch' && event.blockers[0]?.pid === other.pid);
    await other.letGo();
    expect((await running).exit).toBe(0);
    expect(events.filter(isRetry)).toEqual([]);
    expect(await test.value(`SELECT convalidated FROM pg_constraint WHERE conname = 'n_known'`)).toBe(true);
  });

  it('kill -9 while a validation waits: the server notices, and whoever goes on need not wait for it', async () => {
    const test = await withItem(major);
    await test.query('ALTER TABLE item ADD CONSTRAINT n_known CHECK (n IS NOT NULL) NOT VALID');
    const plan = await begun(test, [VALIDATE]);
    const other = await openTransaction(test.url, 'LOCK TABLE item IN SHARE UPDATE EXCLUSIVE MODE');
    const process = startPlanProcess(folder, 'apply', { ...plan, url: test.url });
    await until(test, WAITING);
    process.signal('SIGKILL');
    await process.ended;
    const { observe, saw } = listener();
    const running = apply(plan, test.database, { observe });
    // Overtaken although the other's lock is still held.
    await Promise.race([running, saw((event) => event.type === 'watch' && event.blockers[0]?.pid === other.pid)]);
    await other.letGo();
    expect((await running).exit).toBe(0);
  });
});
