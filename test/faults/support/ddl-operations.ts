/** Runs of statement operations written by hand, as a `ddl` step will make them, and clients that stand in their way. */
import { onTestFinished } from 'vitest';

import type { RunEvent } from '../../../src/executor/run-event.js';
import type { Session } from '../../../src/executor/session.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { IS_A_WAY_BACK, type Observation, type StatementOperation } from '../../../src/operation/operation.js';
import { summarise, type CheckQuery } from '../../../src/operation/check-query.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { TestDatabase } from '../../support/database.js';
import { beginWith, writePlan, type WrittenPlan } from './run-plan.js';

export const ITEM =
  'CREATE TABLE item (id int PRIMARY KEY, n int); INSERT INTO item SELECT g, g FROM generate_series(1, 1000) AS g';

export function statement(id: string, sql: string, given: Partial<StatementOperation> = {}): StatementOperation {
  return {
    ...{ kind: 'statement', id, step: 'ddl', label: id, reads: [], writes: [], locks: [], barrier: false, after: [] },
    ...{ skipWhen: [], hazards: [], reversal: IS_A_WAY_BACK },
    ...{ transactional: true, unlimited: false, lockFirst: [], assertions: [], observation: null },
    statements: [{ sql, parameters: [] }],
    ...given,
  };
}

/** ALTER TABLE item …, under ACCESS EXCLUSIVE, after the light lock. */
export function alterItem(id: string, change: string, given: Partial<StatementOperation> = {}): StatementOperation {
  const locks = [{ relation: 'public.item', mode: 'ACCESS EXCLUSIVE' }] as const;
  return statement(id, `ALTER TABLE public.item ${change}`, { locks, lockFirst: ['public.item'], ...given });
}

export function concurrentIndex(
  sql: string,
  index: string,
  given: Partial<StatementOperation> = {},
): StatementOperation {
  return statement('build', sql, { transactional: false, observation: indexIsBuilt(index), ...given });
}

function indexIsBuilt(index: string): Observation {
  const found = (valid: boolean): string =>
    `SELECT FROM pg_index WHERE indexrelid = to_regclass('public.${index}') AND (indisvalid AND indisready) = ${valid}`;
  return {
    reached: check('the index is there', `SELECT 1 AS missing WHERE NOT EXISTS (${found(true)})`),
    leftover: {
      absent: check('no invalid index is there', `SELECT 1 AS invalid WHERE EXISTS (${found(false)})`),
      remove: `DROP INDEX CONCURRENTLY public.${index}`,
    },
  };
}

export function check(name: string, rows: string): CheckQuery {
  return { check: 'no_rows', name, severity: 'error', rows, summary: summarise(rows, 10), mask: [] };
}

export interface BegunOptions {
  readonly lockTimeoutMs?: number;
  readonly workers?: number;
  readonly edges?: readonly (readonly [string, string])[];
}

/** A run of these operations that `apply` goes on with. */
export async function begun(
  { database }: Pick<TestDatabase, 'database'>,
  operations: readonly StatementOperation[],
  { lockTimeoutMs = 40, workers = 2, edges = [] }: BegunOptions = {},
): Promise<WrittenPlan> {
  const plan = await writePlan('ddl', 'steps:\n  - id: ddl\n    sql: { up: SELECT 1, down: SELECT 1 }\n');
  await beginWith(plan, database, (graph) => ({
    ...graph,
    operations,
    edges,
    limits: { ...graph.limits, lockTimeoutMs, workers },
  }));
  return plan;
}

export interface Client {
  readonly pid: number;
  readonly query: Session['query'];
  /** COMMIT, and the connection goes. */
  readonly letGo: () => Promise<void>;
}

/** Somebody's session in an open transaction that has run this. */
export async function openTransaction(url: string, sql: string): Promise<Client> {
  const database = new PgDatabase({ url, maxSessions: 1 });
  let end: () => void = () => undefined;
  const ending = new Promise<void>((resolve) => (end = resolve));
  const client = await new Promise<Omit<Client, 'letGo'> & { readonly over: Promise<void> }>((resolve, reject) => {
    const over: Promise<void> = database.withSession(async (session) => {
      const { rows } = await session.query<{ pid: number }>(
        `SET application_name = 'billing'; BEGIN; ${sql}; SELECT pg_backend_pid() AS pid`,
      );
      setImmediate(() => resolve({ pid: rows[0]!.pid, query: (...args) => session.query(...args), over }));
      await ending;
      await session.query('COMMIT').catch(() => undefined);
    });
    over.catch(reject);
  });
  const letGo = async (): Promise<void> => {
    end();
    await client.over;
    await database.close();
  };
  onTestFinished(() => letGo().catch(() => undefined));
  return { ...client, letGo };
}

/** Until the query returns a row. */
export async function until({ query }: Pick<TestDatabase, 'query'>, sql: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [row] = await query(sql);
    if (row !== undefined) return row;
    await systemClock.sleep(20);
  }
}

export const BUILDING = `SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for writers%' AND datname = current_database()`;

/** Who waits for a lock, of this database alone: other files run on the same server. */
export const WAITING = `SELECT a.pid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE a.datname = current_database() AND NOT l.granted`;

/** What a run told, and a way to wait for it. */
export function listener(): {
  readonly observe: (event: RunEvent) => void;
  readonly events: readonly RunEvent[];
  readonly saw: (what: (event: RunEvent) => boolean, times?: number) => Promise<void>;
} {
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  return {
    events,
    observe(event) {
      events.push(event);
      for (const look of waiting) look();
    },
    saw: (what, times = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (events.filter(what).length < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
