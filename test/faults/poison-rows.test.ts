/** Rows that are refused, while everything else goes wrong too: only they stand aside, once each, and no row is lost. */
import { expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../src/kernel/clock.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import type { Database } from '../../src/executor/session.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase, urlOfDatabase, type TestDatabase } from '../support/database.js';
import { everyErrorARow } from './seeds/every-error-a-row.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { killUntil } from './support/kill-until.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { apply, untilDone, writePlan, type WrittenPlan } from './support/run-plan.js';

const random = printedRandom('test/faults/poison-rows.test.ts');
const folder = await compileForProcesses();

/** Not idempotent; every 500th row cannot be computed. */
async function fillOf(
  rows: number,
  batch: number,
): Promise<{ readonly test: TestDatabase; readonly plan: WrittenPlan }> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(`CREATE TABLE item (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0) WITH (fillfactor = 60);
    INSERT INTO item (id) SELECT g FROM generate_series(1, ${rows}) AS g; ANALYZE item`);
  const plan = await writePlan(
    'bump',
    `steps:
  - id: bump
    backfill:
      table: item
      set: { n: n + 1 + 0 / (id % 500) }
      batch: { rows: ${batch}, target: "off" }
      on_error: { quarantine: 1000 }
`,
  );
  return { test, plan };
}

/** Exactly the rows that cannot be computed stand aside, once each; every other one was filled once. */
async function isExact({ query, value }: TestDatabase, rows: number): Promise<void> {
  expect(
    await query('SELECT n, id % 500 = 0 AS bad, count(*)::int AS rows FROM item GROUP BY 1, 2 ORDER BY 1'),
  ).toEqual([
    { n: 0, bad: true, rows: rows / 500 },
    { n: 1, bad: false, rows: rows - rows / 500 },
  ]);
  const aside =
    'SELECT count(*)::int AS rows, count(DISTINCT key)::int AS keys, bool_and(key[1]::int % 500 = 0) AS bad FROM lockstep.quarantined';
  expect(await query(aside)).toEqual([{ rows: rows / 500, keys: rows / 500, bad: true }]);
  expect(
    await value('SELECT sum(rows_read) = $1 AND sum(rows_quarantined) = $2 FROM lockstep.range', [rows, rows / 500]),
  ).toBe(true);
}

for (let round = 1; round <= ROUNDS; round++) {
  it(`a process that is killed while it looks for them (round ${round})`, async () => {
    const { test, plan } = await fillOf(20_000, 1000);
    const named = { url: test.url, ...plan };
    const sums = 'SELECT (SELECT sum(n) FROM item) = (SELECT sum(rows_changed) FROM lockstep.range)';
    const enough = async (): Promise<boolean> => {
      expect(await test.value(sums)).toBe(true);
      return false;
    };
    const kills = { folder, plan: named, database: test, random };
    const there = await killUntil({ ...kills, action: 'apply', wanted: 8, patience: 12, enough });
    expect(there.end, there.end.output).toMatchObject({ exitCode: 0 });
    await isExact(test, 20_000);
    const back = await killUntil({ ...kills, action: 'rollback', wanted: 2, patience: 3 });
    expect(back.end, back.end.output).toMatchObject({ exitCode: 0 });
    expect(await test.value('SELECT sum(n)::int FROM item')).toBe(0);
    say(
      `${there.between} kills between first and last commit (after batch ${there.atBatches.join(', ')}), ${there.missed} elsewhere`,
    );
  });

  it(`sessions that an administrator ends or cancels while they are looked for (round ${round})`, async () => {
    const { test, plan } = await fillOf(20_000, 500);
    const administrator = new PgDatabase({ url: urlOfDatabase(test.url, 'postgres'), maxSessions: 1 });
    onTestFinished(() => administrator.close());
    const over = new AbortController();
    let atWork: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (atWork = resolve));
    let hits = 0;
    const attack = async (): Promise<void> => {
      await begun;
      while (!over.signal.aborted && hits < 25) {
        const call = random.next() < 0.7 ? 'pg_terminate_backend' : 'pg_cancel_backend';
        const { rows } = await administrator.withSession((session) =>
          session.query(
            `SELECT ${call}(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = $1 ORDER BY pid OFFSET $2 LIMIT 1) AS one`,
            [test.name, random.below(4)],
          ),
        );
        hits += rows.length;
        await systemClock.sleep(20 + random.below(60), over.signal);
      }
    };
    const attacks = attack();
    const observe = (event: RunEvent): void => {
      if (event.type === 'set aside') atWork();
    };
    const turns = await untilDone(() => apply(plan, test.database, { observe }), 60);
    over.abort();
    await attacks;
    expect(turns.at(-1)?.exit, JSON.stringify(turns.at(-1)?.diagnostics)).toBe(0);
    expect(hits).toBeGreaterThan(5);
    await isExact(test, 20_000);
    say(`${hits} sessions ended or cancelled, ${turns.length} turns: only the rows that are refused stand aside`);
  });
}

/** A client holds a row that is fine for as long as `until` says; what the run makes of it. */
async function besideAHeldRow(database: (test: TestDatabase) => Database, until: RunEvent['type'], times: number) {
  const { test, plan } = await fillOf(400, 8);
  let seen = 0;
  let enough: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (enough = resolve));
  const client = new PgDatabase({ url: test.url, maxSessions: 1 });
  onTestFinished(() => client.close());
  let held: () => void = () => undefined;
  const holds = new Promise<void>((resolve) => (held = resolve));
  const holding = client.transaction(async (session) => {
    await session.query('SELECT FROM item WHERE id = 100 FOR UPDATE');
    held();
    await reached;
  });
  await holds;
  const observe = (event: RunEvent): void => {
    if (event.type === until && ++seen === times) enough();
  };
  const ended = await apply(plan, database(test), { observe });
  enough();
  await holding;
  const aside = await test.query('SELECT key[1]::int AS id FROM lockstep.quarantined');
  return { exit: ended.exit, aside: aside.map(({ id }) => id) };
}

it('a row that a client holds for long is waited for; the wrong design "every error is a row\'s" sets it aside', async () => {
  const ours = await besideAHeldRow(({ database }) => database, 'retry', 3);
  expect(ours).toEqual({ exit: 0, aside: [] });
  const wrong = await besideAHeldRow(({ database }) => everyErrorARow(database), 'set aside', 1);
  expect(wrong).toEqual({ exit: 0, aside: [100] });
});
