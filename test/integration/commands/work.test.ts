/** Processes that join the batches of a run: they do a part of it, may be killed, and harm nothing. */
import { expect, onTestFinished, test } from 'vitest';

import { workCommand } from '../../../src/commands/work.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { WrongJournal } from '../../faults/seeds/wrong-journals.js';
import { compileForProcesses } from '../../faults/support/compile-for-processes.js';
import { openTransaction, until, WAITING } from '../../faults/support/ddl-operations.js';
import { rollback, writePlan, type WrittenPlan } from '../../faults/support/run-plan.js';
import { startPlanProcess, type PlanProcess, type ProcessEnd } from '../../faults/support/start-plan-process.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const folder = await compileForProcesses();

/** Enough for several ranges: who joins needs one that the other does not hold. */
const ROWS = 40_000;
/** Of as many bytes in fewer rows, where each batch takes its time anyway. */
const BRAKED_ROWS = 15_000;
/** Each batch takes as long as `brake` says, so that there is work left when a process has started; without a row, no time. */
const BRAKE = `CREATE TABLE brake (seconds float8);
  CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS $$ BEGIN PERFORM pg_sleep(seconds) FROM public.brake; RETURN NULL; END $$;
  CREATE TRIGGER slow AFTER UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION slow()`;

interface Filling {
  readonly found: TestDatabase;
  readonly plan: WrittenPlan;
}

async function filling(rows = ROWS, fillfactor = 50): Promise<Filling> {
  const found = await testDatabase({ after: onTestFinished });
  await found.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0) WITH (fillfactor = ${fillfactor});
     INSERT INTO item (id) SELECT generate_series(1, ${rows}); ANALYZE item`,
  );
  const plan = await writePlan(
    'bump',
    `defaults: { workers: 1 }
steps:
  - id: bump
    backfill: { table: item, set: { n: n + 1 }, user_triggers: fire, workers: 1, batch: { rows: 100, target: "off" } }
`,
  );
  return { found, plan };
}

/** Until the brake is let go, each batch takes so long. */
async function brakedFilling(seconds = 0.1): Promise<Filling> {
  const { found, plan } = await filling(BRAKED_ROWS, 15);
  await found.query(BRAKE);
  await brake(found, seconds);
  return { found, plan };
}

async function brake({ query }: TestDatabase, seconds = 0.1): Promise<void> {
  await query('INSERT INTO brake VALUES ($1)', [seconds]);
}

async function letGo({ query }: TestDatabase): Promise<void> {
  await query('TRUNCATE brake');
}

function start(action: 'apply' | 'rollback' | 'work', { url }: TestDatabase, plan: WrittenPlan): PlanProcess {
  const started = startPlanProcess(folder, action, { url, ...plan });
  onTestFinished(() => started.signal('SIGKILL'));
  return started;
}

/** Rows by how often they were filled. */
async function filled({ query }: TestDatabase): Promise<Record<string, number>> {
  const rows = await query<{ n: number; rows: number }>('SELECT n, count(*)::int AS rows FROM item GROUP BY n');
  return Object.fromEntries(rows.map((row) => [String(row.n), row.rows]));
}

interface Reported {
  readonly report: { readonly status: string; readonly batches: number; readonly rows: number };
}

async function reportOf({ ended }: PlanProcess): Promise<Reported['report']> {
  const { exitCode, output } = await ended;
  expect(exitCode, output).toBe(0);
  return (JSON.parse(output.trimEnd().split('\n').at(-1)!) as Reported).report;
}

test('a process that joins does a part of the batches, each row once, and ends with the run', async () => {
  const { found, plan } = await brakedFilling();
  const first = start('apply', found, plan);
  await first.batches(5);
  const joined = start('work', found, plan);
  await joined.batches(20);
  await letGo(found);
  const { exitCode, output } = await first.ended;
  expect(exitCode, output).toBe(0);
  const report = await reportOf(joined);
  expect(report).toMatchObject({ status: 'done' });
  expect(await filled(found)).toEqual({ '1': BRAKED_ROWS });
  const [committed] = await found.query<{ batches: number; rows: number; sessions: number }>(
    'SELECT count(*)::int AS batches, sum(rows)::int AS rows, count(DISTINCT pid)::int AS sessions FROM lockstep.batch',
  );
  expect(committed!.rows).toBe(BRAKED_ROWS);
  expect(committed!.sessions).toBeGreaterThanOrEqual(2);
  // Each batch was told of by one of the two, and each of the two did some.
  const own = output.split('\n').filter((line) => line.includes('"progress"')).length;
  expect(own + report.batches).toBe(committed!.batches);
  expect(Math.min(own, report.batches)).toBeGreaterThanOrEqual(5);
  expect(report.rows).toBeGreaterThan(report.batches);
  expect(await rollback(plan, found.database)).toMatchObject({ exit: 0 });
  expect(await filled(found)).toEqual({ '0': BRAKED_ROWS });
});

test('who joins may be killed at any moment, again and again', async () => {
  // Several processes start one after the other while the first fills.
  const { found, plan } = await brakedFilling(0.2);
  const first = start('apply', found, plan);
  await first.batches(2);
  for (let kill = 1; kill <= 4; kill++) {
    const joined = start('work', found, plan);
    await joined.batches(2 + kill);
    joined.signal('SIGKILL');
    expect(await joined.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await found.value(`SELECT count(*) > 0 FROM lockstep.range WHERE NOT done`)).toBe(true);
  }
  await letGo(found);
  expect(await first.ended).toMatchObject({ exitCode: 0 });
  expect(await filled(found)).toEqual({ '1': BRAKED_ROWS });
});

test('the process that moves the run is killed: who has joined works on, also under the epoch of the next one', async () => {
  const { found, plan } = await brakedFilling();
  const first = start('apply', found, plan);
  await first.batches(3);
  const joined = start('work', found, plan);
  await joined.batches(3);
  first.signal('SIGKILL');
  await first.ended;
  const before = Number(await found.value('SELECT count(*) FROM lockstep.batch'));
  await expect
    .poll(async () => Number(await found.value('SELECT count(*) FROM lockstep.batch')))
    .toBeGreaterThan(before + 5);
  const next = start('apply', found, plan);
  await next.batches(1);
  expect(await found.value('SELECT epoch FROM lockstep.run')).toBe(2);
  await letGo(found);
  expect(await next.ended).toMatchObject({ exitCode: 0 });
  expect(await reportOf(joined)).toMatchObject({ status: 'done' });
  expect(await filled(found)).toEqual({ '1': BRAKED_ROWS });
});

test('who joins the way back takes back each row once', async () => {
  const { found, plan } = await brakedFilling();
  await letGo(found);
  expect(await start('apply', found, plan).ended).toMatchObject({ exitCode: 0 });
  await brake(found);
  const back = start('rollback', found, plan);
  await back.batches(3);
  const joined = start('work', found, plan);
  await joined.batches(5);
  await letGo(found);
  expect(await back.ended).toMatchObject({ exitCode: 0 });
  expect(await reportOf(joined)).toMatchObject({ status: 'rolled back' });
  expect(await filled(found)).toEqual({ '0': BRAKED_ROWS });
});

test('what goes wrong for who has joined is left to the process that moves the run', async () => {
  const { found, plan } = await brakedFilling();
  const first = start('apply', found, plan);
  await first.batches(1);
  const role = `${found.name}_helper`;
  await found.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA lockstep TO ${role};
     GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA lockstep TO ${role}; GRANT SELECT ON item TO ${role}`,
  );
  onTestFinished(async () => {
    await found.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
  const url = new URL(found.url);
  url.username = role;
  url.password = 'secret';
  const own = new PgDatabase({ url: url.href });
  onTestFinished(() => own.close());
  const met: string[] = [];
  let goingOn: Promise<void> | undefined;
  const joined = await workCommand({
    ...{ database: own, run: 'bump', argument: 'bump', observe: () => undefined, stop: new AbortController().signal },
    met(operation, { sqlstate }) {
      met.push(`${operation} ${String(sqlstate)}`);
      goingOn = letGo(found);
    },
  });
  await goingOn;
  expect(await first.ended).toMatchObject({ exitCode: 0 });
  expect(joined).toMatchObject({ exit: 1, report: { status: 'done', batches: 0 }, diagnostics: [{ code: 'LS9002' }] });
  expect(met).toEqual(['bump/fill 42501']);
  expect(await filled(found)).toEqual({ '1': BRAKED_ROWS });
});

test('what is not under way cannot be joined', async () => {
  const { found, plan } = await filling(10);
  const work = () =>
    workCommand({
      ...{ database: found.database, run: 'bump', argument: 'bump' },
      ...{ observe: () => undefined, stop: new AbortController().signal },
    });
  expect(await work()).toMatchObject({ exit: 1, diagnostics: [{ code: 'LS9008' }] });
  expect(await start('apply', found, plan).ended).toMatchObject({ exitCode: 0 });
  expect(await work()).toMatchObject({
    exit: 1,
    diagnostics: [{ code: 'LS9035', detail: '`bump@1` is done.' }],
    next: ['lockstep status bump'],
  });
});

/** The worker sleeps through the end of the run's process, a takeover and the whole way back. */
async function frozenWorker(
  wrong?: WrongJournal,
): Promise<{ readonly left: Record<string, number>; readonly end: ProcessEnd }> {
  const { found, plan } = await filling();
  const first = start('apply', found, plan);
  await first.batches(2);
  const joined = startPlanProcess(folder, 'work', { url: found.url, ...plan, ...(wrong !== undefined && { wrong }) });
  onTestFinished(() => joined.signal('SIGKILL'));
  await joined.batches(4);
  joined.signal('SIGSTOP');
  first.signal('SIGKILL');
  await first.ended;
  // The server gives it up, as it does when a machine vanishes from the network.
  await found.query(
    'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  expect(await rollback(plan, new PgDatabase({ url: found.url }))).toMatchObject({ exit: 0 });
  expect(await filled(found)).toEqual({ '0': ROWS });
  // Its look at the run would tell it that the run is over: for two seconds nobody can look, and only the fence is left.
  const unseen = await openTransaction(found.url, 'LOCK TABLE lockstep.run IN ACCESS EXCLUSIVE MODE');
  joined.signal('SIGCONT');
  await systemClock.sleep(2_000);
  await unseen.query('ROLLBACK');
  const end = await joined.ended;
  return { left: await filled(found), end };
}

test('who wakes up after a takeover and the way back writes nothing', async () => {
  const { left, end } = await frozenWorker();
  expect(left).toEqual({ '0': ROWS });
  expect(end, end.output).toMatchObject({ exitCode: 0 });
  expect(end.output).toContain('"status":"rolled back"');
});

// Within a few tries: frozen just behind a commit it may have nothing in hand to go on with.
test('without a fence it would', async () => {
  const right = JSON.stringify({ '0': ROWS });
  let caught = false;
  for (let tries = 0; tries < 6 && !caught; tries++)
    caught = JSON.stringify((await frozenWorker('missing fence')).left) !== right;
  expect(caught, 'the wrong design was not caught').toBe(true);
});

test('a way back that has taken the run over but not turned it yet lets nobody go on forwards', async () => {
  const { found, plan } = await filling();
  const first = start('apply', found, plan);
  await first.batches(2);
  const joined = start('work', found, plan);
  await joined.batches(3);
  first.signal('SIGKILL');
  await first.ended;
  // Where the way back is written, an insert of the same operation holds it up: after the epoch was raised.
  const inTheWay = await openTransaction(
    found.url,
    `INSERT INTO lockstep.operation (run_id, id, ordinal, epoch) SELECT id, 'undo/bump/fill', 1, 1 FROM lockstep.run`,
  );
  const back = rollback(plan, found.database);
  await until(found, `${WAITING} AND l.locktype = 'transactionid'`);
  await whatWasBegunHasEnded(found);
  const batches = 'SELECT count(*)::int FROM lockstep.batch';
  const before = await found.value(batches);
  await systemClock.sleep(3_000);
  expect(await found.value(batches)).toBe(before);
  await inTheWay.query('ROLLBACK');
  expect(await back).toMatchObject({ exit: 0 });
  expect(await reportOf(joined)).toMatchObject({ status: 'rolled back' });
  expect(await filled(found)).toEqual({ '0': ROWS });
});

/**
 * A batch that was under way when the run was taken over may still be committed. Afterwards every transaction of who has joined
 * began behind the takeover: its sessions are those that have committed batches.
 */
async function whatWasBegunHasEnded(found: TestDatabase): Promise<void> {
  const now = String(await found.value('SELECT clock_timestamp()::text'));
  await until(
    found,
    `SELECT 1 AS none WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
       AND xact_start <= '${now}' AND pid IN (SELECT pid FROM lockstep.batch))`,
  );
}
