/**
 * The polite refusal: a second process that wants the same plan is told at once. Nothing depends on it, because behind a
 * pooler in transaction mode a session's advisory lock belongs to whoever gets that session next; the fence is the epoch.
 */
import { createHash } from 'node:crypto';

import type { Session } from '../../executor/session.js';

/** `lock` in ASCII: the first of the two halves of the key, so that it meets no lock of the application by chance. */
const RUN_LOCKS = 0x6c6f636b;

/**
 * False: another session holds the plan. Held until `letGoOfRun` on this session, or until the session ends. Behind a pooler in
 * transaction mode a transaction holds it, which stays open and reads nothing: a lock of the session would stay with a connection of
 * the pool, and nobody could give it back.
 */
export async function tryHoldRun(session: Session, plan: string): Promise<boolean> {
  const [before, lock] =
    session.isShared === true
      ? (['BEGIN', 'pg_try_advisory_xact_lock'] as const)
      : ([null, 'pg_try_advisory_lock'] as const);
  if (before !== null) {
    await session.query(before);
    await session.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  }
  const { rows } = await session.query<{ held: boolean }>(`SELECT ${lock}(${RUN_LOCKS}, ${planNumber(plan)}) AS held`);
  if (before !== null && !rows[0]!.held) await session.query('ROLLBACK');
  return rows[0]!.held;
}

/**
 * The session that holds a plan is idle for as long as the run works: without these the server would notice after two hours
 * that the machine at its other end is gone, and refuse everybody until then. On a local socket they mean nothing.
 */
const NOTICE_LOST_HOLDER =
  'SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3';

export async function noticeLostHolder(session: Session): Promise<void> {
  const local = session.isShared === true ? NOTICE_LOST_HOLDER.replaceAll('SET ', 'SET LOCAL ') : NOTICE_LOST_HOLDER;
  await session.query(local);
}

/** Server processes whose sessions hold the plan. Behind a pooler the client may long be gone. */
export async function holdersOf(session: Session, plan: string): Promise<readonly number[]> {
  const { rows } = await session.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${RUN_LOCKS} AND objid = ${planNumber(plan) >>> 0}
       AND objsubid = 2 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.map(({ pid }) => pid);
}

export async function letGoOfRun(session: Session, plan: string): Promise<void> {
  await session.query(
    session.isShared === true ? 'ROLLBACK' : `SELECT pg_advisory_unlock(${RUN_LOCKS}, ${planNumber(plan)})`,
  );
}

/** Which of the plans some session of this database holds now. Only reads. */
export async function heldPlans(session: Session, plans: readonly string[]): Promise<ReadonlySet<string>> {
  // The two halves of the key, as pg_locks shows them: unsigned.
  const { rows } = await session.query<{ number: string }>(
    `SELECT objid::text AS number FROM pg_locks
     WHERE locktype = 'advisory' AND classid = ${RUN_LOCKS} AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  const held = new Set(rows.map((row) => Number(row.number)));
  return new Set(plans.filter((plan) => held.has(planNumber(plan) >>> 0)));
}

/** Also in a READ ONLY transaction, and of a role that may not look into its schema. True says nothing about its version. */
export function journalExists(session: Session): Promise<boolean> {
  return hasTable(session, 'migration');
}

/** False for a role that may not look into it. Of a journal that is not there anybody may know that. */
export async function journalMayBeRead(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ may: boolean }>(
    `SELECT coalesce(pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')), true) AS may
     FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
     WHERE n.nspname = 'lockstep' AND c.relname IN ('migration', 'run', 'operation', 'window')`,
  );
  return rows[0]!.may;
}

/** Whether the journal is there, and of a version that knows windows. */
export function windowsAreKept(session: Session): Promise<boolean> {
  return hasTable(session, 'tombstone');
}

/** Whether the journal is of a version that knows which run moved a window. */
export function windowMovesAreKept(session: Session): Promise<boolean> {
  return hasTable(session, 'window_move');
}

/** By the catalog, which everybody may read: a name would be looked for in a schema that not everybody may use. */
async function hasTable(session: Session, name: string): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       WHERE n.nspname = 'lockstep' AND c.relname::text = $1) AS there`,
    [name],
  );
  return rows[0]!.there;
}

/** An int4. Two plans with the same number would only refuse each other. */
function planNumber(plan: string): number {
  return createHash('sha256').update(plan, 'utf8').digest().readInt32BE(0);
}
