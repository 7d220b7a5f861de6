/**
 * The locks that a plan foretells against those that the server shows to another session while the statement holds them:
 * every sample of `ddl`, there and back. Tables only, and for each the strongest mode: what an index, a sequence or a TOAST
 * table is locked in follows from it.
 */
import { describe, expect, it } from 'vitest';

import { compileForDatabase } from '../../../src/commands/compile-for-database.js';
import { readPlan } from '../../../src/document/read-plan.js';
import type { Operation, StatementOperation } from '../../../src/operation/operation.js';
import { LOCK_MODES, strongerLock, type LockMode } from '../../../src/sql/lock-mode.js';
import { SAMPLE_SCHEMA, SAMPLES, type Sample } from '../../../src/steps/ddl/samples.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { forgetShape } from './whole-cycle.js';

type Locks = Readonly<Record<string, LockMode>>;

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const samples = SAMPLES.filter(({ since = 0 }) => since <= major);
  let compared = 0;

  describe(`on server ${major}`, () => {
    it.each(samples.map((sample) => [sample.sql, sample] as const))('%s', async (_, sample) => {
      await forgetShape(test);
      await test.query(`${SAMPLE_SCHEMA}; ${sample.before ?? ''}`);
      const operations = await compiled(test, sample);
      const wrong: unknown[] = [];
      const compare = async (operation: Operation): Promise<void> => {
        const known = await tables(test);
        const foretold = Object.fromEntries(
          operation.locks
            .filter(({ relation }) => known.includes(relation))
            .map(({ relation, mode }) => [relation, mode]),
        );
        const held = await locksHeldBy(test, operation as StatementOperation);
        if (held === 'nothing to do') return;
        compared += 1;
        if (JSON.stringify(sorted(foretold)) !== JSON.stringify(sorted(held)))
          wrong.push({ operation: operation.id, foretold: sorted(foretold), held: sorted(held) });
      };
      for (const operation of operations) await compare(operation);
      for (const { reversal } of [...operations].reverse()) {
        if (reversal.kind === 'operations') for (const operation of reversal.operations) await compare(operation);
      }
      expect(wrong).toEqual([]);
    });

    it('compared every statement', () => {
      expect(compared).toBeGreaterThan(samples.length * 1.5);
      process.stdout.write(`server ${major}: ${compared} operations, their locks as foretold\n`);
    });
  });
}

async function compiled(test: TestDatabase, sample: Sample): Promise<readonly Operation[]> {
  const step = {
    id: 'change',
    ddl: sample.sql,
    allow: sample.allow,
    ...(sample.final && { rollback: { none: 'sample' } }),
  };
  const text = JSON.stringify({ lockstep: 1, name: 'sample', steps: [step] });
  const read = await readPlan('sample.yaml', text, { set: {}, env: {} });
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const { compiled: found, diagnostics } = await compileForDatabase(read.value, test.database);
  if (found === undefined) throw new Error(JSON.stringify(diagnostics));
  return found.graph.operations;
}

const OF_TABLES = `c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'lockstep')`;

async function tables(test: TestDatabase): Promise<readonly string[]> {
  const rows = await test.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OF_TABLES}`,
  );
  return rows.map(({ name }) => name);
}

/** Runs it, and looks while it holds its locks: before COMMIT, or while a concurrent build waits for a writer of ours. */
async function locksHeldBy(
  test: TestDatabase,
  { statements, transactional }: StatementOperation,
): Promise<Locks | 'nothing to do'> {
  return test.database.withSession(async (session) => {
    const { pid } = (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!;
    await session.query('SET search_path = public');
    if (transactional && (await isGone(test, statements[0]!.sql))) return 'nothing to do';
    if (transactional) {
      await session.query('BEGIN');
      for (const { sql } of statements) await session.query(sql);
      const held = await lookAt(test, pid);
      await session.query('COMMIT');
      return held;
    }
    return test.database.withSession(async (writer) => {
      await writer.query('BEGIN');
      for (const name of await tables(test)) await writer.query(`LOCK TABLE ${name} IN ROW EXCLUSIVE MODE`);
      let ended = false;
      const building = session.query(statements[0]!.sql).finally(() => (ended = true));
      try {
        // The index that a constraint has taken over went with the constraint: there is nothing left to drop.
        return (await isWaiting(test, pid, () => ended)) ? await lookAt(test, pid) : 'nothing to do';
      } finally {
        await writer.query('COMMIT');
        await building;
      }
    });
  });
}

/** A way back that another one has been before: `DROP CONSTRAINT IF EXISTS`. */
async function isGone(test: TestDatabase, sql: string): Promise<boolean> {
  const [, table, name] = /^ALTER TABLE (\S+) DROP CONSTRAINT IF EXISTS (\S+)$/.exec(sql) ?? [];
  if (table === undefined) return false;
  const found = 'SELECT count(*)::int FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2';
  return (await test.value(found, [table, name])) === 0;
}

async function isWaiting(test: TestDatabase, pid: number, ended: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await test.value('SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1', [pid])) === 'Lock')
      return true;
    if (ended()) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the concurrent statement never waited for the writer');
}

async function lookAt(test: TestDatabase, pid: number): Promise<Locks> {
  const rows = await test.query<{ name: string; mode: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, l.mode FROM pg_locks l
     JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = $1 AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND ${OF_TABLES}`,
    [pid],
  );
  const locks: Record<string, LockMode> = {};
  for (const { name, mode } of rows) {
    const known = LOCK_MODES.find(
      (candidate) => candidate.replaceAll(' ', '') === mode.replace('Lock', '').toUpperCase(),
    )!;
    locks[name] = strongerLock(locks[name] ?? known, known);
  }
  return locks;
}

function sorted(locks: Locks): readonly (readonly [string, LockMode])[] {
  return Object.entries(locks).sort(([a], [b]) => (a < b ? -1 : 1));
}
