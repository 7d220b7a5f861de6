/**
 * Two commands on one run at the same time. The second waits a few seconds for the first, so what it knew when it was
 * typed may be old when its turn comes; and a commit of the first may arrive after the second has looked.
 */
import { expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../src/kernel/clock.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase } from '../support/database.js';
import { LATE_MS, startFaultProxy } from './support/fault-proxy.js';
import { apply, rollback, writePlan } from './support/run-plan.js';

const ROWS = 3_000;

/** Two steps that touch nothing in common, and a pause in the middle that lets the other command come. */
async function itemsAndPlan() {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, ${ROWS});
     CREATE TABLE tally (n int NOT NULL); INSERT INTO tally VALUES (0)`,
  );
  const plan = await writePlan(
    'twice',
    `steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 500, target: "off" } }
  - id: pause
    sql: { up: SELECT pg_sleep(1), down: SELECT 1 }
    needs: [fill]
  - id: after
    sql: { up: UPDATE tally SET n = n + 1, down: UPDATE tally SET n = n - 1 }
    needs: [pause]
`,
  );
  const another = (): PgDatabase => {
    const database = new PgDatabase({ url: test.url });
    onTestFinished(() => database.close());
    return database;
  };
  const state = () =>
    test.query('SELECT min(i.n) AS least, max(i.n) AS most, t.n AS tally FROM item AS i, tally AS t GROUP BY t.n');
  return { ...test, plan, another, state };
}

it('two applies of a new plan do its work once', async () => {
  const { plan, another, state, query } = await itemsAndPlan();
  const results = await Promise.all([apply(plan, another()), apply(plan, another())]);
  expect(await state()).toEqual([{ least: 1, most: 1, tally: 1 }]);
  expect(await query('SELECT count(*)::int AS runs FROM lockstep.run')).toEqual([{ runs: 1 }]);
  expect(results.map(({ report }) => report?.outcome).sort()).toEqual(['done', 'nothing to do']);
});

it('an apply that waited for another to end has nothing to do', async () => {
  const { plan, another, state } = await itemsAndPlan();
  let second: ReturnType<typeof apply> | undefined;
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') second ??= apply(plan, another());
  };
  expect(await apply(plan, another(), { observe })).toMatchObject({ exit: 0 });
  expect(await second).toMatchObject({ exit: 0, report: { outcome: 'nothing to do' } });
  expect(await state()).toEqual([{ least: 1, most: 1, tally: 1 }]);
});

it('a rollback that waited for an apply to end takes all of it back', async () => {
  const { plan, another, state } = await itemsAndPlan();
  let second: ReturnType<typeof rollback> | undefined;
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') second ??= rollback(plan, another());
  };
  expect(await apply(plan, another(), { observe })).toMatchObject({ exit: 0 });
  expect(await second).toMatchObject({ exit: 0, report: { outcome: 'done' } });
  expect(await state()).toEqual([{ least: 0, most: 0, tally: 0 }]);
});

it('two rollbacks take a run back once', async () => {
  const { plan, another, state } = await itemsAndPlan();
  expect(await apply(plan, another())).toMatchObject({ exit: 0 });
  const results = await Promise.all([rollback(plan, another()), rollback(plan, another())]);
  expect(results.map(({ report }) => report?.outcome).sort()).toEqual(['done', 'nothing to do']);
  expect(await state()).toEqual([{ least: 0, most: 0, tally: 0 }]);
});

it('the last commit of a run may arrive while the next command looks', async () => {
  const { plan, another, state, url, value } = await itemsAndPlan();
  let over = false;
  let late = false;
  const proxy = await startFaultProxy(url, (statement) => {
    if (statement !== 'COMMIT' || !over || late) return null;
    late = true;
    return 'arrives late';
  });
  const cut = new PgDatabase({ url: proxy.url });
  onTestFinished(async () => {
    await cut.close();
    await proxy.close();
  });
  // The commit behind the last operation is the one that says that the run is done.
  const observe = (event: RunEvent): void => {
    if (event.type === 'operation' && event.operation.startsWith('after/') && event.to === 'done') over = true;
  };
  const next = another();
  expect(await apply(plan, cut, { observe })).toMatchObject({ exit: 1 });
  expect(late).toBe(true);
  expect(await value('SELECT status FROM lockstep.run')).toBe('running');
  expect(await apply(plan, next)).toMatchObject({ exit: 0, report: { outcome: 'nothing to do' } });
  expect(await state()).toEqual([{ least: 1, most: 1, tally: 1 }]);
  await systemClock.sleep(LATE_MS);
});
