/** What is true of every plan that copies or fills, whatever the shape of its tables: table-driven tests call it. */
import { expect } from 'vitest';

import type { CommandResult } from '../../../src/commands/command-result.js';
import type { TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanContent } from '../../support/plan-on-database.js';

/** Two queries, the first asked before the plan and the second after it, that return the same rows. */
export interface Correspondence {
  readonly wanted: string;
  readonly found: string;
  readonly rows: number;
}

/**
 * plan writes nothing → apply → what was wanted is found → verify → a second apply does nothing → rollback → rows and
 * catalog as before → the plan can be applied anew.
 */
export function wholeCycle(
  test: TestDatabase,
  content: PlanContent,
  ...correspondences: readonly Correspondence[]
): Promise<void> {
  return wholeCycleWarned(test, content, [], ...correspondences);
}

/** `warnings`: codes of what is said each time that the plan is compiled, and keeps it from nothing. */
export async function wholeCycleWarned(
  test: TestDatabase,
  content: PlanContent,
  warnings: readonly string[],
  ...correspondences: readonly Correspondence[]
): Promise<void> {
  const { database, query } = test;
  const plan = planOn(database, content);
  const before = await rowsOf(test);
  const answers = async (side: 'wanted' | 'found'): Promise<Readonly<Record<string, readonly string[]>>> => {
    const rows: Record<string, readonly string[]> = {};
    for (const correspondence of correspondences) {
      const sql = `SELECT q::text AS row FROM (${correspondence[side]}) AS q ORDER BY q::text COLLATE "C"`;
      rows[correspondence.found] = (await query<{ row: string }>(sql)).map(({ row }) => row);
    }
    return rows;
  };
  const wanted = await answers('wanted');
  for (const { found, rows } of correspondences) expect(wanted[found], found).toHaveLength(rows);

  const goesWell = (compiled: CommandResult<unknown>): void => {
    const codes = compiled.diagnostics.map(({ code }) => code);
    expect([compiled.exit, ...codes], told(compiled)).toEqual([0, ...warnings]);
  };
  goesWell(await plan.plan());
  expect(await rowsOf(test)).toEqual(before);

  const applied = await plan.apply();
  goesWell(applied);
  expect(applied.report?.outcome).toBe('done');
  expect(await answers('found')).toEqual(wanted);
  expect(told(await plan.verify())).toBe('exit 0');

  const after = await rowsOf(test);
  const again = await plan.apply();
  expect(again.report?.outcome).toBe('nothing to do');
  expect(await rowsOf(test)).toEqual(after);

  const back = await plan.rollback();
  expect(told(back)).toBe('exit 0');
  expect(back.report?.drift).toEqual([]);
  expect(await rowsOf(test)).toEqual(before);
  goesWell(await plan.apply());
  expect(await answers('found')).toEqual(wanted);
}

/** As a new database, without runs that a failure left unfinished, and without a journal. */
export async function forgetTables({ query }: Pick<TestDatabase, 'query'>): Promise<void> {
  await query(`DO $$ ${dropSchemasBut(['information_schema'])} $$`);
}

/** The same for the next shape of many; the tables of the journal stay, empty: making them anew costs more than many a shape. */
export async function forgetShape({ query }: Pick<TestDatabase, 'query'>): Promise<void> {
  await query(`DO $$ ${dropSchemasBut(['information_schema', 'lockstep'])} $$;
    DO $$ DECLARE s text; BEGIN
    -- The functions of windows, which are called "… of WINDOW", and not what a migration made.
    FOR s IN SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = to_regnamespace('lockstep') AND proname LIKE '% of %' LOOP
      EXECUTE 'DROP FUNCTION ' || s || ' CASCADE';
    END LOOP;
    -- All of it goes, so that its foreign keys need not be asked.
    SET LOCAL session_replication_role = replica;
    FOR s IN SELECT oid::regclass::text FROM pg_class
      WHERE relnamespace = to_regnamespace('lockstep') AND relkind = 'r' AND relname <> 'migration' LOOP
      EXECUTE 'DELETE FROM ' || s;
    END LOOP;
  END $$`);
}

function dropSchemasBut(kept: readonly string[]): string {
  return `DECLARE s text; BEGIN
    FOR s IN SELECT quote_ident(nspname) FROM pg_namespace
      WHERE nspname <> ALL ('{${kept.join(',')}}') AND nspname NOT LIKE 'pg\\_%' LOOP
      EXECUTE 'DROP SCHEMA ' || s || ' CASCADE';
    END LOOP;
    CREATE SCHEMA public;
  END`;
}
