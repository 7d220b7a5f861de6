/**
 * The polite refusal: a second process that wants the same plan is told at once. Nothing depends on it, because behind a
 * pooler in transaction mode a session's advisory lock belongs to whoever gets that session next; the fence is the epoch.
 */
import { createHash } from 'node:crypto';

import type { Session } from '../../executor/session.js';

/** `lock` in ASCII: the first of the two halves of the key, so that it meets no lock of the application by chance. */
const RUN_LOCKS = 0x6c6f636b;

/** False: another session holds the plan. Held until `letGoOfRun` on this session, or until the session ends. */
export async function tryHoldRun(session: Session, plan: string): Promise<boolean> {
  const { rows } = await session.query<{ held: boolean }>(
    `SELECT pg_try_advisory_lock(${RUN_LOCKS}, ${planNumber(plan)}) AS held`,
  );
  return rows[0]!.held;
}

/**
 * The session that holds a plan is idle for as long as the run works: without these the server would notice after two hours
 * that the machine at its other end is gone, and refuse everybody until then. On a local socket they mean nothing.
 */
const NOTICE_LOST_HOLDER =
  'SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3';

export async function noticeLostHolder(session: Session): Promise<void> {
  await session.query(NOTICE_LOST_HOLDER);
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
  await session.query(`SELECT pg_advisory_unlock(${RUN_LOCKS}, ${planNumber(plan)})`);
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

/** Also in a READ ONLY transaction. True says nothing about its version. */
export async function journalExists(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `SELECT to_regclass('lockstep.migration') IS NOT NULL AS there`,
  );
  return rows[0]!.there;
}

/** False for a role that may not look into its schema. Of a journal that is not there anybody may know that. */
export async function journalMayBeRead(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ may: boolean }>(
    `SELECT coalesce(has_schema_privilege(to_regnamespace('lockstep'), 'USAGE'), true) AS may`,
  );
  return rows[0]!.may;
}

/** Whether the journal is there, and of a version that knows windows. */
export async function windowsAreKept(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `SELECT to_regclass('lockstep.tombstone') IS NOT NULL AS there`,
  );
  return rows[0]!.there;
}

/** Whether the journal is of a version that knows which run moved a window. */
export async function windowMovesAreKept(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `SELECT to_regclass('lockstep.window_move') IS NOT NULL AS there`,
  );
  return rows[0]!.there;
}

/** An int4. Two plans with the same number would only refuse each other. */
function planNumber(plan: string): number {
  return createHash('sha256').update(plan, 'utf8').digest().readInt32BE(0);
}
