/** Who is held and who waits, as the server says: a pause that nobody reached proves nothing. */
import { systemClock } from '../../../../src/kernel/clock.js';
import type { TestDatabase } from '../../../support/database.js';
import { PLACES, type Place } from './stage.js';

type Asked = Pick<TestDatabase, 'query'>;

/** Longer than anything here takes; then it is counted as not reached. */
const PATIENCE_MS = 60_000;

export interface Waiting {
  readonly pid: number;
  readonly name: string;
  readonly blockers: readonly number[];
}

/** Sessions that wait for a lock, but for those that are held by the test. */
export async function waiting({ query }: Asked): Promise<readonly Waiting[]> {
  return query<Waiting>(
    `SELECT a.pid, a.application_name AS name, to_json(pg_blocking_pids(a.pid)) AS blockers FROM pg_stat_activity AS a
     WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'`,
  );
}

/** Numbers of the cases of which somebody waits at that place. */
export async function heldAt({ query }: Asked, place: Place): Promise<ReadonlySet<number>> {
  const rows = await query<{ n: number }>(
    `SELECT classid::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${PLACES[place]}
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return new Set(rows.map(({ n }) => n));
}

/** Of sessions of the run that wait for this table of the journal: the target whose rows each has written. */
export async function heldBefore({ query }: Asked, table: string): Promise<ReadonlySet<number>> {
  const rows = await query<{ n: number }>(
    `SELECT DISTINCT substr(c.relname, 2)::int AS n FROM pg_locks AS w JOIN pg_locks AS h USING (pid) JOIN pg_class AS c ON c.oid = h.relation
     WHERE w.relation = '${table}'::regclass AND NOT w.granted AND h.granted AND c.relname ~ '^t[0-9]+$'`,
  );
  return new Set(rows.map(({ n }) => n));
}

/** Whether a session of the run waits for this table of the journal. */
export async function isHeld({ query }: Asked, table: string): Promise<boolean> {
  const rows = await query(`SELECT FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`);
  return rows.length > 0;
}

/** Of sessions of the run that wait for a row: the table that it is in. */
export async function heldAtRow({ query }: Asked): Promise<ReadonlySet<number>> {
  const rows = await query<{ n: number }>(
    `SELECT DISTINCT substr(c.relname, 2)::int AS n FROM pg_stat_activity AS a JOIN pg_locks AS h USING (pid) JOIN pg_class AS c ON c.oid = h.relation
     WHERE a.datname = current_database() AND a.application_name LIKE 'lockstep run %' AND a.wait_event IN ('transactionid', 'tuple')
       AND h.granted AND c.relname ~ '^t[0-9]+$'`,
  );
  return new Set(rows.map(({ n }) => n));
}

/** Ids of the run's operations that are at their end. */
export async function endedOperations({ query }: Asked): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    `SELECT id FROM lockstep.operation WHERE state NOT IN ('pending', 'running')`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Looks until `done` says so, or patience is at its end. */
export async function lookUntil(done: () => Promise<boolean>): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    if (await done()) return true;
    if (Date.now() > until) return false;
    await systemClock.sleep(15);
  }
}
