/**
 * Runs that an earlier version of the program left behind, in every form and state: this one says where they stand, goes on with them to
 * their end, and takes them back. See test/fixtures/stored/README.md.
 */
import { describe, expect, test } from 'vitest';

import { statusCommand } from '../../src/commands/status.js';
import { catalogLines } from '../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { planAt, rowsOf, told, type PlanOnDatabase } from '../support/plan-on-database.js';
import { loadStoredRun, loadWithoutPlan, storedRuns, type StoredRun } from '../support/stored-run.js';

const stored = storedRuns();
const databases = new Map<number, TestDatabase>();
for (const major of new Set(stored.map((run) => run.major))) databases.set(major, await testDatabase({ major }));

const planOf = (run: StoredRun): PlanOnDatabase =>
  planAt(databases.get(run.major)!.database, run.plan, `stored-${run.form}`);
const goesBack = ({ is }: StoredRun): boolean => is.run === 'rolling back';

describe.each(stored)('$form, $state, by $by on server $major', (run) => {
  const found = databases.get(run.major)!;
  const plan = planOf(run);

  test('is known, and taken back to what the application alone would have', async () => {
    await loadWithoutPlan(found, run);
    if (run.is.accepted !== undefined) await found.query(run.is.accepted);
    const rows = await rowsOf(found);
    const catalog = await catalogLines(found);

    await loadStoredRun(found, run);
    await standsAsStored(run);
    for (const { sql } of run.later) await found.query(sql);
    const back = await plan.rollback({ acceptRecorded: run.is.accepted !== undefined });
    expect(told(back)).toBe('exit 0');
    expect(back.report!.drift).toEqual([]);
    expect(await rowsOf(found)).toEqual(rows);
    expect((await catalogLines(found)).filter((line) => !line.startsWith('function of ours'))).toEqual(catalog);
  });

  test.skipIf(goesBack(run))('goes on to its end, with both sides in step', async () => {
    await loadWithoutPlan(found, run);
    if (run.is.repair !== undefined) await found.query(run.is.repair);
    const wanted = await answers(run, 'alone');

    await loadStoredRun(found, run);
    for (const { sql } of run.later) await found.query(sql);
    if (run.is.repair !== undefined) await found.query(run.is.repair);
    await toItsEnd(plan);
    if (run.is.replay === true) expect(told(await plan.replay())).toBe('exit 0');
    expect(await answers(run, 'found')).toEqual(wanted);
    expect((await plan.apply()).report?.outcome).toBe('nothing to do');
  });
});

async function standsAsStored({ major, form, is }: StoredRun): Promise<void> {
  const { exit, report } = await statusCommand({ database: databases.get(major)!.database, run: `stored-${form}` });
  expect(exit).toBe(0);
  const isUnderWay = is.run === 'running' || is.run === 'rolling back';
  expect({
    run: report!.run!.run.status,
    windows: report!.run!.windows.map(({ state }) => state),
    interrupted: report!.interrupted,
  }).toEqual({ run: is.run, windows: is.windows, interrupted: isUnderWay ? [`stored-${form}@1`] : [] });
}

/** As often as a gate waits for somebody. */
async function toItsEnd(plan: PlanOnDatabase): Promise<void> {
  for (;;) {
    const reached = await plan.apply();
    const gate = reached.report?.run.operations.find(({ state }) => state === 'waiting');
    if (reached.exit !== 6 || gate === undefined) {
      expect(told(reached)).toBe('exit 0');
      return;
    }
    expect(told(await plan.approve(gate.id.replace(/\/gate$/, '')))).toBe('exit 0');
  }
}

async function answers(run: StoredRun, side: 'alone' | 'found'): Promise<readonly (readonly string[])[]> {
  const { query } = databases.get(run.major)!;
  const lists: (readonly string[])[] = [];
  for (const queries of run.wanted) {
    const rows = await query<{ row: string }>(
      `SELECT q::text AS row FROM (${queries[side]}) AS q ORDER BY q::text COLLATE "C"`,
    );
    lists.push(rows.map(({ row }) => row));
  }
  return lists;
}
