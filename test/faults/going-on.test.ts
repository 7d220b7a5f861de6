/**
 * A process that is killed between statements, or in the middle of a build: what it left is what is expected, and going on
 * is refused for what others change alone.
 */
import { expect, it, onTestFinished } from 'vitest';

import { testDatabase, type TestDatabase } from '../support/database.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { BUILDING, ITEM, openTransaction, until } from './support/ddl-operations.js';
import { printedRandom } from './support/random.js';
import { apply, rollback, writePlan, type WrittenPlan } from './support/run-plan.js';
import { startPlanProcess } from './support/start-plan-process.js';

const folder = await compileForProcesses();
const random = printedRandom('test/faults/going-on.test.ts');
const WRITER = 'UPDATE item SET n = n WHERE id = 1';
const INVALID = `SELECT count(*)::int AS invalid FROM pg_index WHERE indexrelid = to_regclass('public.item_n') AND NOT indisvalid`;
const BUILD = 'steps:\n  - id: build\n    ddl: CREATE INDEX item_n ON item (n)\n';

async function withItem(): Promise<TestDatabase> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(ITEM);
  return test;
}

/** Kills the process when the journal holds more definitions than before, and not on a round number of anything. */
async function killedOnItsWay(test: TestDatabase, plan: WrittenPlan, action: 'apply' | 'rollback'): Promise<void> {
  const count = `SELECT count(*)::int AS done FROM lockstep.operation WHERE state = 'done'`;
  const there = (await test.value(`SELECT to_regclass('lockstep.operation') IS NOT NULL`)) === true;
  const done = there ? Number(await test.value(count)) : 0;
  const process = startPlanProcess(folder, action, { ...plan, url: test.url });
  await until(test, `SELECT 1 AS made WHERE to_regclass('lockstep.definitions') IS NOT NULL`);
  await until(test, `${count} HAVING count(*) >= ${done + 1 + random.below(6)}`);
  process.signal('SIGKILL');
  const end = await process.ended;
  expect(end.signal, end.output).toBe('SIGKILL');
}

it('kill -9 between statements, again and again, there and back: never refused for its own changes', async () => {
  const test = await withItem();
  const steps = Array.from(
    { length: 60 },
    (_, n) => `  - id: s${n}\n    ddl: ALTER TABLE item ADD COLUMN c${n} int DEFAULT ${n}\n`,
  );
  const plan = await writePlan('many', `steps:\n${steps.join('')}`);
  for (let kills = 0; kills < 4; kills++) await killedOnItsWay(test, plan, 'apply');
  await test.query('ALTER TABLE item ADD theirs int');
  expect((await apply(plan, test.database)).diagnostics.map(({ code }) => code)).toEqual(['LS9029']);
  await test.query('ALTER TABLE item DROP theirs');
  const there = await apply(plan, test.database);
  expect(there.exit, JSON.stringify(there.diagnostics)).toBe(0);
  for (let kills = 0; kills < 4; kills++) await killedOnItsWay(test, plan, 'rollback');
  const back = await rollback(plan, test.database);
  expect([back.exit, back.report?.drift], JSON.stringify(back.diagnostics)).toEqual([0, []]);
});

/** The build is under way on the server, behind a writer, and its process is gone. */
async function killedInTheBuild() {
  const test = await withItem();
  const plan = await writePlan('build', BUILD);
  const writer = await openTransaction(test.url, WRITER);
  const process = startPlanProcess(folder, 'apply', { ...plan, url: test.url });
  const { pid } = await until(test, BUILDING);
  process.signal('SIGKILL');
  await process.ended;
  return { test, plan, writer, pid };
}

it.each(['goes on', 'is ended too'] as const)(
  'kill -9 in the middle of a concurrent build, and the server %s: its index is no change by others',
  async (what) => {
    const { test, plan, writer, pid } = await killedInTheBuild();
    if (what === 'is ended too') {
      await test.query('SELECT pg_terminate_backend($1)', [pid]);
      await writer.letGo();
      await until(test, `SELECT 1 AS gone WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ${String(pid)})`);
      expect(await test.query(INVALID)).toEqual([{ invalid: 1 }]);
    }
    const running = apply(plan, test.database);
    await writer.letGo();
    const there = await running;
    expect(there.exit, JSON.stringify(there.diagnostics)).toBe(0);
    const back = await rollback(plan, test.database);
    expect([back.exit, back.report?.drift], JSON.stringify(back.diagnostics)).toEqual([0, []]);
  },
);

it('the same, taken back at once', async () => {
  const { test, plan, writer } = await killedInTheBuild();
  const running = rollback(plan, test.database);
  await writer.letGo();
  const back = await running;
  expect([back.exit, back.report?.drift], JSON.stringify(back.diagnostics)).toEqual([0, []]);
});
