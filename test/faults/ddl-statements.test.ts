/**
 * Statements outside a transaction that end in the middle: a concurrent build whose process, session or server is killed.
 * The catalog decides what became of it, and no invalid index stays.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { Database } from '../../src/executor/session.js';
import { digestOf } from '../../src/kernel/digest.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { startThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { withLockTimeout, withoutLooks } from './seeds/wrong-waits.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import {
  begun,
  BUILDING,
  check,
  concurrentIndex,
  listener,
  openTransaction,
  statement,
  until,
  ITEM,
} from './support/ddl-operations.js';
import { apply, rollback } from './support/run-plan.js';
import { startPlanProcess } from './support/start-plan-process.js';

const BUILD = 'CREATE UNIQUE INDEX CONCURRENTLY item_n ON public.item (n)';
/** A build waits for it, at the beginning, with its index in the catalog and invalid. */
const WRITER = 'UPDATE item SET n = n WHERE id = 1';
const DROP = 'DROP INDEX CONCURRENTLY public.item_n';
const STATE = `SELECT count(*)::int AS indexes, bool_and(indisvalid) AS valid FROM pg_index WHERE indexrelid = to_regclass('public.item_n')`;
const BUILT = [{ indexes: 1, valid: true }];
const GONE = [{ indexes: 0, valid: null }];

const folder = await compileForProcesses();

async function withItem(): Promise<TestDatabase> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(ITEM);
  return test;
}

function build(given: Parameters<typeof concurrentIndex>[2] = {}) {
  const gone = check('the index is gone', `SELECT 1 AS present WHERE to_regclass('public.item_n') IS NOT NULL`);
  const observation = { reached: gone, leftover: null };
  const undo = statement('undo/build', DROP, { transactional: false, observation });
  return concurrentIndex(BUILD, 'item_n', { reversal: { kind: 'operations', operations: [undo] }, ...given });
}

it('kill -9 of our process: the server goes on building, and whoever goes on waits for that and builds nothing twice', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  const writer = await openTransaction(test.url, WRITER);
  const process = startPlanProcess(folder, 'apply', { ...plan, url: test.url });
  const { pid } = await until(test, BUILDING);
  process.signal('SIGKILL');
  await process.ended;
  const { observe, events, saw } = listener();
  const running = apply(plan, test.database, { observe });
  // It is told what the statement of the killed process waits for.
  await saw((event) => event.type === 'watch' && event.blockers[0]?.pid === writer.pid && event.build !== null);
  expect(await test.query(BUILDING)).toEqual([{ pid }]);
  await writer.letGo();
  expect(await running).toMatchObject({
    exit: 0,
    report: { run: { operations: [{ outcome: { reason: 'the catalog shows that it has run' } }] } },
  });
  expect(events.filter(({ type }) => type === 'retry')).toEqual([]);
  expect(await test.query(STATE)).toEqual(BUILT);
});

it('kill -9, and the way back at once: it waits for the statement of the way there and takes away what that made', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  const writer = await openTransaction(test.url, WRITER);
  const process = startPlanProcess(folder, 'apply', { ...plan, url: test.url });
  await until(test, BUILDING);
  process.signal('SIGKILL');
  await process.ended;
  const { observe, saw } = listener();
  const running = rollback(plan, test.database, { observe });
  await saw((event) => event.type === 'watch' && event.operation === 'undo/build');
  await writer.letGo();
  expect((await running).exit).toBe(0);
  expect(await test.query(STATE)).toEqual(GONE);
});

it('a session that was about to send it, for somebody who was overtaken, cannot any more', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  await test.query(`UPDATE lockstep.operation SET state = 'running'`);
  const frozen = new PgDatabase({ url: test.url, maxSessions: 1 });
  onTestFinished(() => frozen.close());
  const name = `lockstep run 1 apply ${digestOf('build').slice(-8)}`;
  await frozen.withSession(async (session) => {
    await session.query(`SET application_name = '${name}'`);
    expect((await apply(plan, test.database)).exit).toBe(0);
    await expect(session.query(BUILD)).rejects.toThrow(/terminat|connection/i);
  });
  expect(await test.query(STATE)).toEqual(BUILT);
});

it('pg_terminate_backend: the invalid index is removed and built again, by the same command', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  const writer = await openTransaction(test.url, WRITER);
  const { observe, events, saw } = listener();
  const running = apply(plan, test.database, { observe });
  const { pid } = await until(test, BUILDING);
  await test.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(await test.query(STATE)).toEqual([{ indexes: 1, valid: false }]);
  await writer.letGo();
  await saw(({ type }) => type === 'retry');
  expect(await running, JSON.stringify(events)).toMatchObject({ exit: 0 });
  expect(await test.query(STATE)).toEqual(BUILT);
});

it('an administrator cancels it: it fails, nothing of it is left, and the next command builds it', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  const writer = await openTransaction(test.url, WRITER);
  const running = apply(plan, test.database);
  const { pid } = await until(test, BUILDING);
  await test.query('SELECT pg_cancel_backend($1)', [pid]);
  await writer.letGo();
  expect(await running).toMatchObject({ exit: 1, report: { run: { operations: [{ state: 'failed' }] } } });
  expect(await test.query(STATE)).toEqual(GONE);
  expect((await apply(plan, test.database)).exit).toBe(0);
  expect(await test.query(STATE)).toEqual(BUILT);
  expect((await rollback(plan, test.database)).exit).toBe(0);
  expect(await test.query(STATE)).toEqual(GONE);
});

it('an immediate restart of the server: the invalid index is removed and built again, by the same command', async () => {
  const server = await startThrowawayServer();
  onTestFinished(() => server.remove());
  const [database, observer] = [new PgDatabase({ url: server.url }), new PgDatabase({ url: server.url })];
  onTestFinished(async () => {
    await Promise.all([database.close(), observer.close()]);
  });
  const query: TestDatabase['query'] = async <Row>(sql: string) =>
    (await observer.withSession((session) => session.query<Row>(sql))).rows;
  await query(ITEM);
  const plan = await begun({ database }, [build()]);
  await openTransaction(server.url, WRITER);
  const running = apply(plan, database);
  await until({ query }, BUILDING);
  await server.restart('immediate');
  expect(await running).toMatchObject({ exit: 0 });
  expect(await query(STATE)).toEqual(BUILT);
});

it('a duplicate key fails the build with the key that the server names, leaves no index, and goes on when it is repaired', async () => {
  const test = await withItem();
  await test.query('UPDATE item SET n = 17 WHERE id = 18');
  const plan = await begun(test, [build()]);
  const failed = await apply(plan, test.database);
  expect(failed).toMatchObject({ exit: 1, report: { run: { operations: [{ state: 'failed' }] } } });
  expect(failed.diagnostics[0]!.detail).toContain('Key (n)=(17) is duplicated.');
  expect(await test.query(STATE)).toEqual(GONE);
  await test.query('UPDATE item SET n = 18 WHERE id = 18');
  expect((await apply(plan, test.database)).exit).toBe(0);
  expect(await test.query(STATE)).toEqual(BUILT);
});

it('an index of somebody else is neither taken for ours nor taken away, whole or not', async () => {
  const test = await withItem();
  await test.query(BUILD);
  const plan = await begun(test, [build()]);
  for (const turn of [1, 2]) {
    const refused = await apply(plan, test.database);
    expect(refused.exit, `turn ${turn}`).toBe(1);
    expect(refused.diagnostics[0]!.detail).toContain('42P07');
  }
  expect(await test.query(STATE)).toEqual(BUILT);
  await test.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_n'::regclass`);
  const refused = await apply(plan, test.database);
  expect(refused.diagnostics[0]!.detail).toContain('not by this run');
  expect(await test.query(STATE)).toEqual([{ indexes: 1, valid: false }]);
});

it('IF NOT EXISTS takes an invalid index for done; the catalog does not', async () => {
  async function afterAKilledBuild(operation: ReturnType<typeof build>): Promise<readonly unknown[]> {
    const test = await withItem();
    const plan = await begun(test, [operation]);
    const writer = await openTransaction(test.url, WRITER);
    const first = apply(plan, test.database);
    const { pid } = await until(test, BUILDING);
    await test.query('SELECT pg_terminate_backend($1)', [pid]);
    if (operation.observation === null) await first;
    await writer.letGo();
    await first;
    const { exit } = await apply(plan, test.database, { resolve: { ddl: 'again' } });
    expect(exit).toBe(0);
    return test.query(STATE);
  }
  const ifNotExists = [{ sql: BUILD.replace('item_n', 'IF NOT EXISTS item_n'), parameters: [] }];
  const wrong = await afterAKilledBuild(build({ statements: ifNotExists, observation: null }));
  expect(wrong, 'the wrong design was not caught').toEqual([{ indexes: 1, valid: false }]);
  expect(await afterAKilledBuild(build())).toEqual(BUILT);
});

it('a lock timeout lets one writer kill the build; without, it waits, and says for whom', async () => {
  async function besideAWriter(through: (database: Database) => Database): Promise<number> {
    const test = await withItem();
    const plan = await begun(test, [build()]);
    const writer = await openTransaction(test.url, WRITER);
    const { observe, events, saw } = listener();
    const running = apply(plan, through(test.database), { observe });
    // Longer than the timeout of the wrong design, which is over before.
    await Promise.race([
      saw((event) => event.type === 'watch' && event.blockers[0]?.pid === writer.pid, 2),
      saw(({ type }) => type === 'retry'),
    ]);
    await writer.letGo();
    await running;
    expect(await test.query(STATE)).toEqual(BUILT);
    return events.filter(({ type }) => type === 'retry').length;
  }
  const wrong = await besideAWriter((database) => withLockTimeout(database, 500));
  expect(wrong, 'the wrong design was not caught').toBeGreaterThan(0);
  expect(await besideAWriter((database) => database)).toBe(0);
});

it('looks that fail do not harm what is looked at', async () => {
  const test = await withItem();
  const plan = await begun(test, [build()]);
  const writer = await openTransaction(test.url, WRITER);
  const { observe, events } = listener();
  let refuse: () => void = () => undefined;
  const refused = new Promise<void>((resolve) => (refuse = resolve));
  const running = apply(plan, withoutLooks(test.database, refuse), { observe });
  await refused;
  await until(test, BUILDING);
  await writer.letGo();
  expect((await running).exit).toBe(0);
  expect(events.filter(({ type }) => type === 'watch')).toEqual([]);
});

it('a session that ran outside a transaction is clean for the next one', async () => {
  const test = await withItem();
  const database = new PgDatabase({ url: test.url, maxSessions: 2 });
  onTestFinished(() => database.close());
  const settings = `SELECT current_setting('application_name') AS name, current_setting('lock_timeout') AS wait, current_setting('TimeZone') AS zone`;
  const ask = () => database.withSession(async (session) => (await session.query(settings)).rows);
  const before = await ask();
  expect((await apply(await begun(test, [build()]), database)).exit).toBe(0);
  expect(await Promise.all([ask(), ask()])).toEqual([before, before]);
});
