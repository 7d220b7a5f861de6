/**
 * Batches through PgBouncer in transaction mode, where a session's advisory lock belongs to whoever gets the connection
 * next: the fence alone keeps two executors apart.
 */
import { expect, it, onTestFinished } from 'vitest';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { told } from '../support/plan-on-database.js';
import type { WrongJournal } from './seeds/wrong-journals.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { apply, rollback, untilDone, writePlan } from './support/run-plan.js';
import { startPlanProcess } from './support/start-plan-process.js';
import { pgbouncer, startTransactionPooler } from './support/transaction-pooler.js';

const random = printedRandom('test/faults/behind-pooler.test.ts');
const program = pgbouncer();
if (program === undefined) say('behind a transaction pooler: skipped, pgbouncer is not installed');
const folder = program === undefined ? '' : await compileForProcesses();

const PLAN = `defaults: { workers: 2 }
steps:
  - id: before
    sql: { up: UPDATE tally SET n = n + 1, down: UPDATE tally SET n = n - 1 }
  - id: bump
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 250, target: "off" } }
`;

async function itemsBehindPooler() {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 15000);
     CREATE TABLE tally (n int NOT NULL); INSERT INTO tally VALUES (0)`,
  );
  const pooler = await startTransactionPooler(program!, test.url);
  onTestFinished(() => pooler.close());
  const database = new PgDatabase({ url: pooler.url });
  onTestFinished(() => database.close());
  return { test, url: pooler.url, database, plan: await writePlan('bump', PLAN) };
}

const state = ({ query }: TestDatabase) =>
  query('SELECT min(i.n) AS least, max(i.n) AS most, t.n AS tally FROM item AS i, tally AS t GROUP BY t.n');

it.skipIf(program === undefined)('batches and statements go through it, there and back', async () => {
  const { test, database, plan } = await itemsBehindPooler();
  const there = await untilDone(() => apply(plan, database), 5);
  expect(there.at(-1)?.exit, there.map(told).join('\n')).toBe(0);
  expect(await state(test)).toEqual([{ least: 1, most: 1, tally: 1 }]);
  const back = await untilDone(() => rollback(plan, database), 5);
  expect(back.at(-1)?.exit, back.map(told).join('\n')).toBe(0);
  expect(await state(test)).toEqual([{ least: 0, most: 0, tally: 0 }]);
  say(`behind a transaction pooler: ${there.length} turns there, ${back.length} back`);
});

/** A process sleeps while another takes the run over and back, and wakes up; what it then wrote. */
async function frozen(wrong?: WrongJournal): Promise<readonly string[]> {
  const { test, url, database, plan } = await itemsBehindPooler();
  const sleeper = startPlanProcess(folder, 'apply', { url, ...plan, ...(wrong !== undefined && { wrong }) });
  try {
    await sleeper.batches(1 + random.below(8));
    sleeper.signal('SIGSTOP');
    // In the middle of a batch it holds a transaction, and with it a connection of the pool, until the server ends both.
    await test.query(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'`,
    );
    const back = await untilDone(() => rollback(plan, database), 5);
    expect(back.at(-1)?.exit, back.map(told).join('\n')).toBe(0);
  } finally {
    sleeper.signal('SIGCONT');
  }
  const end = await sleeper.ended;
  if (wrong === undefined) expect(end.exitCode, end.output).not.toBe(0);
  const rows = Number(await test.value('SELECT count(*) FROM item WHERE n <> 0'));
  const status = await test.value('SELECT status FROM lockstep.run');
  return [
    ...(rows > 0 ? [`${rows} rows were filled after the run was taken back`] : []),
    ...(status === 'rolled back' ? [] : [`the run is ${String(status)}`]),
  ];
}

it.skipIf(program === undefined)('without a fence nothing keeps a process that wakes up from writing', async () => {
  expect(await frozen('missing fence'), 'the wrong design was not caught').not.toEqual([]);
});

for (let round = 1; round <= 2 * ROUNDS; round++) {
  it.skipIf(program === undefined)(`a process that wakes up behind it writes nothing (round ${round})`, async () => {
    expect(await frozen()).toEqual([]);
    say('split-brain writes behind a transaction pooler: 0');
  });
}
