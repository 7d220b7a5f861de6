/**
 * SIGKILL at every statement of the reference plan, there and back: before it is sent, when the server has it, when its
 * answer was read. Statements are counted on the wire. The quick size plays a sample, spread evenly from a random start;
 * LOCKSTEP_FAULTS_ALL=1 plays all.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { originalDatabase, type DatabaseCopy } from './support/database-copies.js';
import { killTogether, type Boundary } from './support/kill-together.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import {
  applyToTheEnd,
  contents,
  loadUsers,
  referencePlan,
  rollBackToTheEnd,
} from './support/reference-plan.js';
import { waitingProcesses, type PlanAction } from './support/start-plan-process.js';
import { startWireProxy, type Moment } from './support/wire-proxy.js';

const random = printedRandom('test/faults/every-statement-killed.test.ts');
const folder = compileForProcesses();
const processes = waitingProcesses(folder, 2);
const file = await referencePlan();
const ALL = process.env['LOCKSTEP_FAULTS_ALL'] === '1';
/** Boundaries of the quick size, of about 2,900. */
const SAMPLE = { apply: 64 * ROUNDS, rollback: 40 * ROUNDS };
/** Plans of one process. */
const TOGETHER = 8;

const MOMENTS: readonly Moment[] = ['before', 'sent', 'answered'];

type Original = Awaited<ReturnType<typeof originalDatabase>>;
let fresh: Original;
let applied: Original;
let rowsBefore: readonly string[];
let rowsAfter: readonly string[];

beforeAll(async () => {
  fresh = await originalDatabase(loadUsers);
  applied = await originalDatabase(async (database) => {
    await loadUsers(database);
    await applyToTheEnd(file, database);
  });
  rowsBefore = await onCopy(fresh, contents);
  rowsAfter = await onCopy(applied, contents);
  expect(rowsAfter.length).toBeGreaterThan(rowsBefore.length + 100);
});
afterAll(() => processes.end());

async function onCopy<T>(original: Original, work: (copy: DatabaseCopy) => Promise<T>): Promise<T> {
  const copy = await original.copy();
  try {
    return await work(copy);
  } finally {
    await copy.drop();
  }
}

/** How many statements the way has, when nothing happens to it. */
function countStatements(
  original: Original,
  way: (database: PgDatabase) => Promise<unknown>,
): Promise<number> {
  return onCopy(original, async (copy) => {
    let statements = 0;
    const proxy = await startWireProxy(copy.url, (moment) => {
      if (moment === 'before') statements += 1;
      return true;
    });
    const database = new PgDatabase({ url: proxy.url });
    await way(database);
    await database.close();
    await proxy.close();
    return statements;
  });
}

/** Of `total` statements at three moments each: all of them, or so many at equal distances. */
function boundaries(total: number, sample: number): readonly Boundary[] {
  const all = Array.from({ length: total * MOMENTS.length }, (_, index) => ({
    statement: 1 + Math.floor(index / MOMENTS.length),
    moment: MOMENTS[index % MOMENTS.length]!,
  }));
  if (ALL) return all;
  const from = random.next();
  return Array.from({ length: sample }, (_, index) => all[Math.floor(((index + from) * all.length) / sample)]!);
}

interface Played {
  covered: number;
  readonly failures: string[];
}

async function play(
  original: Original,
  action: PlanAction,
  chosen: readonly Boundary[],
  afterwards: (copy: DatabaseCopy, index: number) => Promise<readonly string[]>,
): Promise<Played> {
  const played: Played = { covered: 0, failures: [] };
  for (let from = 0; from < chosen.length; from += TOGETHER) {
    const some = chosen.slice(from, from + TOGETHER);
    const copies = await Promise.all(some.map(() => original.copy()));
    const cases = some.map((boundary, index) => ({ boundary, url: copies[index]!.url }));
    const killed = await killTogether(processes.take(), action, file, cases);
    const found = await Promise.all(copies.map((copy, index) => afterwards(copy, from + index)));
    for (const [index, { moment, statement }] of some.entries()) {
      if (killed[index] === true) played.covered += 1;
      const wrong = found[index]!;
      if (wrong.length > 0) played.failures.push(`${moment} ${statement}: ${wrong.join('; ')}`);
    }
    await Promise.all(copies.map((copy) => copy.drop()));
  }
  return played;
}

/** Every row once, nothing else, by `apply` alone. */
async function goesOn({ database, query }: DatabaseCopy): Promise<readonly string[]> {
  const results = await applyToTheEnd(file, database);
  return [...ended(results), ...differing(await contents({ query }), rowsAfter)];
}

/** As before the run: rows and definitions. A process that died early may have left no run. */
async function goesBack({ database, query }: DatabaseCopy): Promise<readonly string[]> {
  const results = await rollBackToTheEnd(file, database);
  const last = results.at(-1);
  const noRun = last?.diagnostics.some(({ code }) => code === 'LS9008') === true;
  const drift = last?.report?.drift ?? [];
  return [...(noRun ? [] : ended(results)), ...drift, ...differing(await contents({ query }), rowsBefore)];
}

function ended(results: readonly { readonly exit: number; readonly diagnostics: readonly unknown[] }[]) {
  const last = results.at(-1);
  return last?.exit === 0 ? [] : [`exit ${last?.exit}: ${JSON.stringify(last?.diagnostics)}`];
}

function differing(rows: readonly string[], wanted: readonly string[]): readonly string[] {
  const [there, right] = [new Set(rows), new Set(wanted)];
  const missing = wanted.filter((row) => !there.has(row)).map((row) => `missing ${row}`);
  const extra = rows.filter((row) => !right.has(row)).map((row) => `extra ${row}`);
  const twice = rows.length === there.size ? [] : [`${rows.length - there.size} rows twice`];
  return [...missing, ...extra, ...twice].slice(0, 5);
}

function tell(way: string, { covered, failures }: Played, total: number): void {
  say(`SIGKILL, ${way}: covered ${covered} of ${total * MOMENTS.length} boundaries, failures ${failures.length}`);
}

it('killed at any statement of apply, the plan goes on or back, and every row is there once', async () => {
  const total = await countStatements(fresh, (database) => applyToTheEnd(file, database));
  const chosen = boundaries(total, SAMPLE.apply);
  const played = await play(fresh, 'apply and approve', chosen, (copy, index) =>
    index % 3 === 2 ? goesBack(copy) : goesOn(copy),
  );
  tell('apply', played, total);
  expect(played.failures).toEqual([]);
  expect(played.covered).toBeGreaterThan(chosen.length * 0.9);
});

it('killed at any statement of rollback, rows and definitions are as before in the end', async () => {
  const total = await countStatements(applied, (database) => rollBackToTheEnd(file, database));
  const chosen = boundaries(total, SAMPLE.rollback);
  const played = await play(applied, 'rollback', chosen, goesBack);
  tell('rollback', played, total);
  expect(played.failures).toEqual([]);
  expect(played.covered).toBeGreaterThan(chosen.length * 0.9);
});
