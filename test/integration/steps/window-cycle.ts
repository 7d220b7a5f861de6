/**
 * What is true of every window, whatever the shape of its tables: table-driven tests call it. A run stands at two gates, one
 * behind the opening and one behind the fill; the application writes at both, and then the run is taken back or closed.
 */
import { expect } from 'vitest';

import type { TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';

export interface WindowShape {
  readonly shape: string;
  readonly tables: string;
  readonly mappings: Readonly<Record<string, unknown>>;
  /** By default all mappings. */
  readonly windows?: readonly (readonly string[])[];
  readonly dualWrite?: Readonly<Record<string, unknown>>;
  readonly backfill?: Readonly<Record<string, unknown>>;
  /** Of the application, while the target is not filled, and again while it is: after each one both sides agree. */
  readonly writes: readonly string[];
  /** Pairs of queries that return the same rows whenever the target is filled. */
  readonly same: readonly { readonly wanted: string; readonly found: string }[];
  /** Default: both versions that tests run on. */
  readonly since?: number;
  readonly defaults?: Readonly<Record<string, unknown>>;
}

type Rows = Readonly<Record<string, readonly string[]>>;

/** So long that the names of triggers and functions are cut. */
export const WINDOW_PLAN = 'a-plan-with-a-long-name-about-windows';

export function windowPlan(test: Pick<TestDatabase, 'database'>, shape: WindowShape): PlanOnDatabase {
  const all = Object.keys(shape.mappings);
  const windows = (shape.windows ?? [all]).map((mappings, index) => ({ id: `in-step-${index + 1}`, mappings }));
  return planOn(test.database, {
    name: WINDOW_PLAN,
    mappings: shape.mappings,
    ...(shape.defaults !== undefined && { defaults: shape.defaults }),
    steps: [
      ...windows.map(({ id, mappings }) => ({ id, dual_write: { mappings, ...shape.dualWrite } })),
      { id: 'opened', gate: { approval: 'dba' } },
      { id: 'fill', backfill: { mappings: all, ...shape.backfill } },
      { id: 'proof', verify: [{ in_sync: windows.map(({ id }) => id) }] },
      { id: 'filled', gate: { approval: 'dba' } },
      { id: 'done', close: { windows: windows.map(({ id }) => id) } },
    ],
  });
}

/** opened, written → taken back: rows and catalog as if there had never been a plan; only the application wrote. */
export async function takenBackWhenOpened(test: TestDatabase, shape: WindowShape): Promise<void> {
  const alone = await rowsWithoutPlan(test, shape, 1);
  const plan = await opened(test, shape);
  for (const write of shape.writes) await test.query(write);
  await takenBack(test, plan, alone);
}

/** opened, written, filled, written → taken back. */
export async function takenBackWhenFilled(test: TestDatabase, shape: WindowShape): Promise<void> {
  const alone = await rowsWithoutPlan(test, shape, 2);
  await takenBack(test, await filled(test, shape), alone);
}

/** opened, written, filled, written → closed: the target stays as it is, and nothing of the window is left. */
export async function closed(test: TestDatabase, shape: WindowShape): Promise<void> {
  const plan = await filled(test, shape);
  const before = await rowsOf(test);
  expect((await plan.approve('filled')).exit).toBe(0);
  const done = await plan.apply();
  expect(told(done)).toBe('exit 0');
  expect(done.report?.outcome).toBe('done');
  expect(await rowsOf(test)).toEqual(before);
  expect(await leftOver(test)).toEqual([]);
  expect(told(await plan.verify())).toBe('exit 0');
  const back = await plan.rollback();
  expect(back.diagnostics[0]).toMatchObject({ code: 'LS9010' });
  expect(await rowsOf(test)).toEqual(before);
}

/** Triggers and functions of windows, whatever they are called. */
export async function leftOver({ query }: Pick<TestDatabase, 'query'>): Promise<readonly unknown[]> {
  const found = await query<{ name: string }>(
    `SELECT tgname::text AS name FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = g.tgfoid WHERE p.pronamespace = 'lockstep'::regnamespace
     UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'lockstep'::regnamespace AND proname LIKE '% of %'`,
  );
  return found.map(({ name }) => name);
}

export async function agrees(
  { query }: Pick<TestDatabase, 'query'>,
  { same }: WindowShape,
  when: string,
): Promise<void> {
  const rows = async (sql: string): Promise<readonly string[]> =>
    (await query<{ row: string }>(`SELECT q::text AS row FROM (${sql}) AS q ORDER BY q::text COLLATE "C"`)).map(
      ({ row }) => row,
    );
  for (const { wanted, found } of same) expect(await rows(found), `after ${when}`).toEqual(await rows(wanted));
}

async function opened(test: TestDatabase, shape: WindowShape): Promise<PlanOnDatabase> {
  await forgetShape(test);
  await test.query(shape.tables);
  const plan = windowPlan(test, shape);
  const reached = await plan.apply();
  expect(told(reached)).toBe('exit 6');
  return plan;
}

async function filled(test: TestDatabase, shape: WindowShape): Promise<PlanOnDatabase> {
  const plan = await opened(test, shape);
  for (const write of shape.writes) await test.query(write);
  expect((await plan.approve('opened')).exit).toBe(0);
  const reached = await plan.apply();
  expect(told(reached)).toBe('exit 6');
  await agrees(test, shape, 'the fill');
  for (const write of shape.writes) {
    await test.query(write);
    await agrees(test, shape, write);
  }
  expect(told(await plan.verify())).toBe('exit 0');
  return plan;
}

/** What the tables hold where nobody but the application writes, as often as it does in the test. */
async function rowsWithoutPlan(test: TestDatabase, { tables, writes }: WindowShape, times: number): Promise<Rows> {
  await forgetShape(test);
  await test.query(tables);
  for (let time = 0; time < times; time++) for (const write of writes) await test.query(write);
  return rowsOf(test);
}

async function takenBack(test: TestDatabase, plan: PlanOnDatabase, alone: Rows): Promise<void> {
  const back = await plan.rollback();
  expect(told(back)).toBe('exit 0');
  expect(back.report?.drift).toEqual([]);
  expect(await rowsOf(test)).toEqual(alone);
  expect(await leftOver(test)).toEqual([]);
  expect(await test.value('SELECT count(*) FROM lockstep.tombstone')).toBe('0');
}
