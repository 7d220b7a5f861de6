/** The time by the clock of the database: processes of a run on several machines, and their clocks, may disagree. */
import type { Session } from './session.js';

/** Milliseconds since the epoch, now and not when the transaction began. */
export async function serverMs(session: Session): Promise<number> {
  const { rows } = await session.query<{ ms: string }>(CLOCK);
  return Number(rows[0]!.ms);
}

const CLOCK = `SELECT pg_catalog.floor(1000 * EXTRACT(epoch FROM pg_catalog.clock_timestamp()))::bigint AS ms`;

/** As `2026-03-01T12:00:00.000000Z`, the form in which the journal gives its times. */
export async function serverTime(session: Session): Promise<string> {
  const { rows } = await session.query<{ time: string }>(TIME);
  return rows[0]!.time;
}

const TIME = `SELECT pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`;
