/**
 * Gates: wrong designs first, which the scenario must catch, then ours in the same scenario; and processes that are killed
 * while they stand at a gate, at any statement and while its checks are at work.
 */
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';

import type { Database } from '../../src/executor/session.js';
import { approve } from '../../src/postgres/journal/trail.js';
import { findRun } from '../../src/postgres/journal/runs.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { answersRemembered, localClock, noBarrier, type WrongDatabase } from './seeds/wrong-gates.js';
import { rightGraph, type ChangeGraph } from './seeds/wrong-graphs.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { originalDatabase, type DatabaseCopy } from './support/database-copies.js';
import { killTogether, type Boundary } from './support/kill-together.js';
import { ALL, printedRandom, ROUNDS, say } from './support/random.js';
import { apply, beginWith, writePlan, type WrittenPlan } from './support/run-plan.js';
import { startPlanProcess, waitingProcesses } from './support/start-plan-process.js';
import { startWireProxy } from './support/wire-proxy.js';

const random = printedRandom('test/faults/gates.test.ts');
const folder = await compileForProcesses();

/** What a scenario found wrong; empty where all is well. */
type Violations = readonly string[];

const TABLES = `CREATE TABLE jobs (id int PRIMARY KEY, done boolean NOT NULL); INSERT INTO jobs SELECT n, n > 2 FROM generate_series(1, 9) AS n;
  CREATE TABLE before_gate (n int); CREATE TABLE behind_gate (n int)`;

/** Nothing in it shares a table with the gate. `soak` is the param that plans of killed processes are given. */
const STEPS = (gate: string): string => `params: { soak: { type: duration, default: 0s } }
steps:
  - id: first
    sql: { up: INSERT INTO before_gate VALUES (1), down: DELETE FROM before_gate }
  - id: stop
    gate: ${gate}
  - id: second
    sql: { up: INSERT INTO behind_gate VALUES (1), down: DELETE FROM behind_gate }
`;

const DRAINED = '{ no_rows: SELECT id FROM jobs WHERE NOT done }';

async function fresh(gate: string): Promise<TestDatabase & { readonly plan: WrittenPlan }> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(TABLES);
  return { ...test, plan: await writePlan('gated', STEPS(gate)) };
}

async function wasPassed({ value }: Pick<TestDatabase, 'value'>): Promise<boolean> {
  return (await value('SELECT count(*)::int FROM behind_gate')) !== 0;
}

const ours = (database: Database): WrongDatabase => ({ database, played: () => 1 });

async function caught(
  scenario: (design: (database: Database) => WrongDatabase) => Promise<Violations>,
  wrong: (database: Database) => WrongDatabase,
): Promise<void> {
  expect(await scenario(wrong), 'the wrong design was not caught').not.toEqual([]);
  expect(await scenario(ours)).toEqual([]);
}

async function approveAs({ database }: TestDatabase, { name }: WrittenPlan): Promise<void> {
  await database.transaction(async (session) => {
    const run = await findRun(session, name);
    await approve(session, run!.id, 'stop/gate');
  });
}

it('catches a gate that remembers that its checks held', () =>
  caught(async (design) => {
    const test = await fresh(`{ approval: dba, until: [${DRAINED}] }`);
    const { database, played } = design(test.database);
    await test.query('UPDATE jobs SET done = true');
    expect((await apply(test.plan, database)).exit).toBe(6);
    await test.query('UPDATE jobs SET done = false WHERE id = 4');
    await approveAs(test, test.plan);
    const { exit } = await apply(test.plan, database);
    expect(played()).toBeGreaterThan(0);
    return (await wasPassed(test)) ? [`passed with a job open, exit ${exit}`] : [];
  }, answersRemembered));

it('catches a gate that remembers that its checks did not hold', () =>
  caught(async (design) => {
    const test = await fresh(`{ until: [${DRAINED}] }`);
    const { database, played } = design(test.database);
    expect((await apply(test.plan, database)).exit).toBe(6);
    await test.query('UPDATE jobs SET done = true');
    const { exit } = await apply(test.plan, database);
    expect(played()).toBeGreaterThan(0);
    return (await wasPassed(test)) ? [] : [`not passed although no job is open, exit ${exit}`];
  }, answersRemembered));

it('catches a gate that is no barrier', async () => {
  const scenario = async (change: ChangeGraph): Promise<Violations> => {
    const test = await fresh(`{ until: [${DRAINED}] }`);
    await beginWith(test.plan, test.database, change);
    expect((await apply(test.plan, test.database)).exit).toBe(6);
    return (await wasPassed(test)) ? ['what is behind the gate has run'] : [];
  };
  expect(await scenario(noBarrier), 'the wrong design was not caught').not.toEqual([]);
  expect(await scenario(rightGraph)).toEqual([]);
});

afterEach(() => void vi.useRealTimers());

it.each([
  ['open', 5, 7, false],
  ['closed', -1, 1, true],
])('catches the clock of the process, by which it is %s', (_, from, to, open) =>
  caught(async (design) => {
    const clock = await testDatabase({ after: onTestFinished });
    const at = (hours: number): Promise<unknown> =>
      clock.value(`SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Tokyo' + interval '${hours} hours', 'HH24:MI')`);
    const hours = `{ from: "${String(await at(from))}", to: "${String(await at(to))}", time_zone: Asia/Tokyo }`;
    const test = await fresh(`{ quiet_hours: ${hours} }`);
    const { database, played } = design(test.database);
    // A machine whose clock is six hours ahead.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 3_600_000 });
    const { exit } = await apply(test.plan, database);
    vi.useRealTimers();
    expect(played()).toBeGreaterThan(0);
    return (await wasPassed(test)) === open && exit === (open ? 0 : 6) ? [] : [`exit ${exit}`];
  }, localClock),
);

it('killed while its checks are at work, it has been reached, keeps what was said meanwhile, and asks again', async () => {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(TABLES);
  const { file, name } = await writePlan(
    'gated',
    STEPS('{ approval: dba, hold: 2h, until: [{ value: { sql: SELECT 1 FROM pg_advisory_xact_lock(77), is: 1 } }] }'),
  );
  const other = new PgDatabase({ url: test.url });
  onTestFinished(() => other.close());
  const gate = () =>
    test.query<{ state: string; outcome: unknown; reached: string }>(
      `SELECT state, outcome, first_left_pending_at::text AS reached FROM lockstep.operation WHERE id = 'stop/gate'`,
    );
  const plan = { file, name };
  const counts = () =>
    test.query(
      'SELECT (SELECT count(*)::int FROM before_gate) AS before, (SELECT count(*)::int FROM behind_gate) AS behind',
    );
  const reached = await other.withSession(async (session) => {
    await session.query('SELECT pg_advisory_lock(77)');
    const running = startPlanProcess(folder, 'apply', { url: test.url, ...plan });
    await expect
      .poll(() => test.value(`SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`), {
        timeout: 60_000,
      })
      .toBe(1);
    running.signal('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    const [at] = await gate();
    expect(at).toMatchObject({ state: 'waiting', outcome: null });
    await session.query('SELECT pg_advisory_unlock(77)');
    return at!.reached;
  });
  // It was reached, so it can be approved.
  await approveAs(test, plan);
  const waits = await apply(plan, test.database);
  expect(waits.exit).toBe(6);
  expect((await gate())[0]).toMatchObject({
    reached,
    outcome: { missing: ['hold'], until: [{ answer: { violations: 0 } }] },
  });
  expect(await counts()).toEqual([{ before: 1, behind: 0 }]);
  await test.query(`UPDATE lockstep.operation SET first_left_pending_at = first_left_pending_at - interval '3 hours'`);
  expect((await apply(plan, test.database)).exit).toBe(0);
  expect(await counts()).toEqual([{ before: 1, behind: 1 }]);
});

const TOGETHER = 6;
const SAMPLE = 24 * ROUNDS;

it('killed at any statement of a turn, closed or open, nothing passes it early and nothing is done twice', async () => {
  const plan = await writePlan('gated', STEPS(`{ hold: "{{ soak }}", until: [${DRAINED}] }`));
  const { file } = plan;
  const original = await originalDatabase((database) =>
    database.withSession((session) => session.query(TABLES).then(() => undefined)),
  );
  const turn = (database: Database) => apply(plan, database);
  const counts = async ({ query }: DatabaseCopy) =>
    (
      await query<{ before: number; behind: number }>(
        'SELECT (SELECT count(*)::int FROM before_gate) AS before, (SELECT count(*)::int FROM behind_gate) AS behind',
      )
    )[0]!;
  const drain = ({ query }: DatabaseCopy) => query('UPDATE jobs SET done = true');
  const processes = waitingProcesses(folder, 2);
  onTestFinished(() => processes.end());

  for (const open of [false, true]) {
    const counted = await original.copy();
    if (open) await drain(counted);
    let total = 0;
    const proxy = await startWireProxy(counted.url, (moment) => {
      if (moment === 'before') total += 1;
      return true;
    });
    const through = new PgDatabase({ url: proxy.url });
    expect((await turn(through)).exit).toBe(open ? 0 : 6);
    await through.close();
    await proxy.close();
    await counted.drop();

    const start = random.next();
    const count = ALL ? total * 3 : SAMPLE;
    const boundaries = Array.from({ length: count }, (_, index): Boundary => {
      const all = ALL ? index : Math.floor(((index + start) * total * 3) / count);
      return { statement: 1 + Math.floor(all / 3), moment: (['before', 'sent', 'answered'] as const)[all % 3]! };
    });
    const failures: string[] = [];
    let reached = 0;
    for (let from = 0; from < boundaries.length; from += TOGETHER) {
      const some = boundaries.slice(from, from + TOGETHER);
      const copies = await Promise.all(some.map(() => original.copy()));
      if (open) await Promise.all(copies.map(drain));
      const cases = some.map((boundary, index) => ({ boundary, url: copies[index]!.url }));
      const killed = await killTogether(processes.take(), 'apply', file, cases);
      reached += killed.reached.filter(Boolean).length;
      for (const [index, copy] of copies.entries()) {
        const at = `${open ? 'open' : 'closed'}, ${some[index]!.moment} ${some[index]!.statement}`;
        if (!open) {
          const { exit } = await turn(copy.database);
          const { before, behind } = await counts(copy);
          if (exit !== 6 || before !== 1 || behind !== 0) failures.push(`${at}: exit ${exit}, ${before}, ${behind}`);
          await drain(copy);
        }
        const { exit } = await turn(copy.database);
        const { before, behind } = await counts(copy);
        if (exit !== 0 || before !== 1 || behind !== 1) failures.push(`${at}: then exit ${exit}, ${before}, ${behind}`);
        await copy.drop();
      }
    }
    say(
      `gates, ${open ? 'open' : 'closed'}: SIGKILL at ${reached} of ${total * 3} boundaries, failures ${failures.length}`,
    );
    expect(failures).toEqual([]);
    expect(reached).toBeGreaterThan(count * 0.8);
  }
});
