/**
 * The databases of the reference plan for one test file, before it and after it, to be copied for each case; and how a case
 * is judged: what `apply` or `rollback`, given again as often as it takes, makes of what a fault has left.
 */
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { originalDatabase, type DatabaseCopy } from './database-copies.js';
import { applyToTheEnd, contents, loadUsers, referencePlan, rollBackToTheEnd } from './reference-plan.js';
import { startWireProxy, type AtBoundary } from './wire-proxy.js';

export type Violations = readonly string[];

export interface Way {
  readonly name: 'apply' | 'rollback';
  copy(): Promise<DatabaseCopy>;
  /** To its end, as often as it takes. */
  readonly go: (database: PgDatabase) => Promise<readonly CommandEnd[]>;
  /** What is wrong after the way was gone to its end. */
  readonly judge: (copy: DatabaseCopy, results: readonly CommandEnd[]) => Promise<Violations>;
}

export interface CommandEnd {
  readonly exit: number;
  readonly diagnostics: readonly { readonly code: string }[];
  readonly report: unknown;
}

export interface ReferenceDatabases {
  readonly file: string;
  readonly ways: readonly [Way, Way];
  /** Every row once, nothing else, by `apply` alone. */
  readonly goesOn: (copy: DatabaseCopy) => Promise<Violations>;
  /** As before the run, rows and definitions, by `rollback` alone. What died early may have left no run. */
  readonly goesBack: (copy: DatabaseCopy) => Promise<Violations>;
}

export async function referenceDatabases(): Promise<ReferenceDatabases> {
  const file = await referencePlan();
  const fresh = await originalDatabase(loadUsers);
  const applied = await originalDatabase(async (database) => {
    await loadUsers(database);
    await applyToTheEnd(file, database);
  });
  const rowsBefore = await onCopy(fresh, contents);
  const rowsAfter = await onCopy(applied, contents);
  if (rowsAfter.length < rowsBefore.length + 100) throw new Error('the reference plan did nothing');
  const there: Way = {
    ...{ name: 'apply', copy: () => fresh.copy(), go: (database) => applyToTheEnd(file, database) },
    judge: async (copy, results) => [...ended(results), ...differing(await contents(copy), rowsAfter)],
  };
  const back: Way = {
    ...{ name: 'rollback', copy: () => applied.copy(), go: (database) => rollBackToTheEnd(file, database) },
    judge: async (copy, results) => {
      const last = results.at(-1);
      const noRun = last?.diagnostics.some(({ code }) => code === 'LS9008') === true;
      const { drift } = (last?.report ?? {}) as { readonly drift?: Violations | null };
      return [...(noRun ? [] : ended(results)), ...(drift ?? []), ...differing(await contents(copy), rowsBefore)];
    },
  };
  const ofCopy = (way: Way) => async (copy: DatabaseCopy) => way.judge(copy, await way.go(copy.database));
  return { file, ways: [there, back], goesOn: ofCopy(there), goesBack: ofCopy(back) };
}

export async function onCopy<T>(
  original: { copy(): Promise<DatabaseCopy> },
  work: (copy: DatabaseCopy) => Promise<T>,
): Promise<T> {
  const copy = await original.copy();
  try {
    return await work(copy);
  } finally {
    await copy.drop();
  }
}

/** Goes a way whose statements pass `at`; what it left wrong, and how many turns it took. */
export async function goThrough(
  way: Way,
  copy: DatabaseCopy,
  at: AtBoundary,
): Promise<{ readonly wrong: Violations; readonly turns: number }> {
  const proxy = await startWireProxy(copy.url, at);
  const database = new PgDatabase({ url: proxy.url });
  try {
    const results = await way.go(database);
    return { wrong: await way.judge(copy, results), turns: results.length };
  } finally {
    await database.close();
    await proxy.close();
  }
}

/** How many statements a way has when nothing happens to it. */
export function countStatements(way: Way): Promise<number> {
  return onCopy(way, async (copy) => {
    let statements = 0;
    const { wrong } = await goThrough(way, copy, (moment) => {
      if (moment === 'before') statements += 1;
      return true;
    });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    return statements;
  });
}

function ended(results: readonly CommandEnd[]): Violations {
  const last = results.at(-1);
  return last?.exit === 0 ? [] : [`exit ${String(last?.exit)}: ${JSON.stringify(last?.diagnostics)}`];
}

function differing(rows: readonly string[], wanted: readonly string[]): Violations {
  const [there, right] = [new Set(rows), new Set(wanted)];
  const missing = wanted.filter((row) => !there.has(row)).map((row) => `missing ${row}`);
  const extra = rows.filter((row) => !right.has(row)).map((row) => `extra ${row}`);
  const twice = rows.length === there.size ? [] : [`${rows.length - there.size} rows twice`];
  return [...missing, ...extra, ...twice].slice(0, 5);
}
