/**
 * An executor that sleeps past a takeover, by SIGSTOP or because its machine did, and wakes up believing that the run is
 * still its own. Meanwhile the run was taken back: whatever it writes now stays for ever.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { Journal } from '../../src/executor/journal.js';
import type { Database } from '../../src/executor/session.js';
import { postgresJournal } from '../../src/postgres/journal/journal.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { WRONG_JOURNALS, type WrongJournal } from './seeds/wrong-journals.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { printedRandom, ROUNDS } from './support/random.js';
import { apply, rollback, writePlan } from './support/run-plan.js';
import { startPlanProcess } from './support/start-plan-process.js';

const random = printedRandom('test/faults/frozen-executor.test.ts');
const folder = await compileForProcesses();

const FILL = `steps:
  - id: bump
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 500, target: "off" } }
`;

async function itemsAndPlan() {
  const database = await testDatabase({ after: onTestFinished });
  await database.query(
    'CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 30000)',
  );
  return { database, plan: await writePlan('bump', FILL) };
}

/** Empty where nothing of the run is left. */
async function leftBehind({ value }: TestDatabase): Promise<readonly string[]> {
  const rows = Number(await value('SELECT count(*) FROM item WHERE n <> 0'));
  const status = await value('SELECT status FROM lockstep.run');
  return [
    ...(rows > 0 ? [`${rows} rows were filled after the run was taken back`] : []),
    ...(status === 'rolled back' ? [] : [`the run is ${String(status)}`]),
  ];
}

async function frozenProcess(wrong?: WrongJournal): Promise<readonly string[]> {
  const { database, plan } = await itemsAndPlan();
  const sleeper = startPlanProcess(folder, 'apply', {
    ...{ url: database.url, ...plan },
    ...(wrong !== undefined && { wrong }),
  });
  try {
    await sleeper.batches(1 + random.below(10));
    sleeper.signal('SIGSTOP');
    const pids = (
      await database.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
    ).map(({ pid }) => pid);
    // It is asleep and not gone: who comes now is told so and changes nothing.
    expect(await apply(plan, database.database)).toMatchObject({ exit: 7 });
    // The server gives it up, as it does when a machine vanishes from the network.
    await database.query('SELECT pg_terminate_backend(pid, 10000) FROM unnest($1::int[]) AS pid', [pids]);
    expect(await rollback(plan, database.database)).toMatchObject({ exit: 0 });
    expect(await leftBehind(database)).toEqual([]);
  } finally {
    sleeper.signal('SIGCONT');
  }
  const end = await sleeper.ended;
  if (wrong === undefined) expect(end, end.output).toMatchObject({ exitCode: 7 });
  return leftBehind(database);
}

it('without a fence a process that wakes up fills rows of a run that was taken back', async () => {
  expect(await frozenProcess('missing fence'), 'the wrong design was not caught').not.toEqual([]);
});

for (let round = 1; round <= 2 * ROUNDS; round++) {
  it(`a process that wakes up after a takeover writes nothing and says so (round ${round})`, async () => {
    expect(await frozenProcess()).toEqual([]);
  });
}

/** The executor lives on; only the connection that holds the advisory lock was given to somebody else or lost. */
async function withoutItsAdvisoryLock(journal: (elsewhere: Database) => Journal): Promise<readonly string[]> {
  const { database, plan } = await itemsAndPlan();
  const real = journal(database.database);
  let claims = 0;
  let wake: () => void = () => undefined;
  const awake = new Promise<void>((resolve) => (wake = resolve));
  let reached: () => void = () => undefined;
  const asleep = new Promise<void>((resolve) => (reached = resolve));
  const claimRange: Journal['claimRange'] = async (session, run, id) => {
    if (++claims > 5) {
      reached();
      await awake;
    }
    return real.claimRange(session, run, id);
  };
  const first = apply(plan, database.database, { journal: { ...real, claimRange } });
  await asleep;
  await database.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'`);
  const back = await rollback(plan, database.database);
  expect(back).toMatchObject({ exit: 0 });
  wake();
  const { exit } = await first.catch(() => ({ exit: 1 }));
  return exit === 0
    ? ['the old executor says that all is done', ...(await leftBehind(database))]
    : leftBehind(database);
}

it('an advisory lock alone is no fence: lost with its connection, it lets two in', async () => {
  const wrong = await withoutItsAdvisoryLock(WRONG_JOURNALS['missing fence']);
  expect(wrong, 'the wrong design was not caught').not.toEqual([]);
  expect(await withoutItsAdvisoryLock(() => postgresJournal)).toEqual([]);
});
