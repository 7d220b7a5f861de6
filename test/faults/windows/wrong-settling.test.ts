/**
 * Wrong ways to work off the keys that were written before a cutover asks for its lock: up to a mark, and by the keys that were read.
 * A writer who began before and has not committed passes the mirrors by; what he wrote must be seen under the lock.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { RunEvent } from '../../../src/executor/run-event.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { approveCommand } from '../../../src/commands/approve.js';
import { testDatabase } from '../../support/database.js';
import { told } from '../../support/plan-on-database.js';
import { rightGraph, type ChangeGraph } from '../seeds/wrong-graphs.js';
import { apply, beginWith, writePlan } from '../support/run-plan.js';

const PLAN = `mappings:
  copied: { from: origin, to: copy, columns: same, reverse: { on_delete: delete } }
steps:
  - { id: in-step, dual_write: { mappings: [copied], direction: both }, allow: { deadlocks: "rows of their own" } }
  - { id: fill, backfill: { mappings: [copied] } }
  - { id: joined, gate: { approval: dba } }
  - { id: flip, cutover: { windows: [in-step], lock_timeout: 5s } }
  - { id: soak, gate: { approval: dba } }
`;

/** What is read agrees; between that and the DELETE there is a moment, as there is between any two statements. */
function inTwoStatements(condition: string): ChangeGraph {
  const settle = `CREATE TEMP TABLE looked_at ON COMMIT DROP AS SELECT t.xmin::text::bigint AS by, t.key FROM lockstep.touched AS t;
    SELECT pg_sleep(0.7); DELETE FROM lockstep.touched AS t WHERE ${condition}; SELECT 0 AS settled, count(*) AS rest FROM lockstep.touched`;
  return (graph) => {
    let changes = 0;
    const operations = graph.operations.map((operation) => {
      if (operation.kind !== 'statement' || operation.backlog === undefined) return operation;
      changes += operation.backlog.length;
      return { ...operation, backlog: operation.backlog.map((backlog) => ({ ...backlog, settle })) };
    });
    if (changes === 0) throw new Error('no operation of the graph works anything off');
    return { ...graph, operations };
  };
}

it.each([
  ['up to a mark', 'not seen', inTwoStatements('t.xmin::text::bigint <= (SELECT max(by) FROM looked_at)')],
  ['by their keys', 'not seen', inTwoStatements('t.key IN (SELECT key FROM looked_at)')],
  ['exactly those that were read', 'seen', rightGraph],
] as const)('keys are worked off %s: a difference is %s', async (_, outcome, change) => {
  const test = await testDatabase({ after: onTestFinished });
  const { query, value, database } = test;
  await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text);
    INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 20) AS n`);
  const plan = await writePlan('settling', PLAN);
  await beginWith(plan, database, change);
  expect((await apply(plan, database)).exit).toBe(6);
  await approveCommand({ database, run: plan.name, argument: plan.file, gate: 'joined', comment: null });
  const over = new AbortController();
  const observe = (event: RunEvent): void => {
    if (event.type === 'operation' && event.operation.startsWith('flip/compare/') && event.to === 'done') over.abort();
  };
  expect((await apply(plan, database, { observe, stop: over.signal })).exit).toBe(6);

  await query(`UPDATE origin SET v = 'four' WHERE id = 4`);
  const ended = await database.transaction(async (session) => {
    await session.query(
      `SELECT set_config('lockstep.echo', 'settling/in-step: copied < ' || pg_current_xact_id()::text || ' {4}', true)`,
    );
    await session.query(`UPDATE origin SET v = 'else' WHERE id = 4`);
    await query(`UPDATE origin SET v = 'five' WHERE id = 5`);
    const running = apply(plan, database);
    await untilItWaits(value);
    return { running };
  });
  const cut = await ended.running;
  expect(await value(`SELECT o.v || ', ' || c.v FROM origin AS o JOIN copy AS c USING (id) WHERE id = 4`)).toBe(
    'else, four',
  );
  if (outcome === 'not seen') {
    expect(told(cut)).toBe('exit 6');
    expect(await value(`SELECT state FROM lockstep."window"`), 'the wrong design was not caught').toBe('new leads');
  } else {
    expect(cut.exit, told(cut)).toBe(1);
    expect(told(cut)).toContain('what was written since the comparison');
    expect(await value(`SELECT state FROM lockstep."window"`)).toBe('old leads');
  }
});

/** In the moment between two statements, or for the lock. */
async function untilItWaits(value: (sql: string) => Promise<unknown>): Promise<void> {
  const waits = `SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lockstep run %'
    AND (wait_event = 'PgSleep' OR wait_event_type = 'Lock')`;
  for (let look = 0; look < 2_000; look++) {
    if ((await value(waits)) === true) return;
    await systemClock.sleep(10);
  }
  throw new Error('the cutover did not wait');
}
