/** The time by the clock of the database: processes of a run on several machines, and their clocks, may disagree. */
import type { Session } from './session.js';

/** Milliseconds since the epoch, now and not when the transaction began. */
export async function serverMs(session: Session): Promise<number> {
  const { rows } = await session.query<{ ms: string }>(CLOCK);
  return Number(rows[0]!.ms);
}

const CLOCK = `SELECT pg_catalog.floor(1000 * EXTRACT(epoch FROM pg_catalog.clock_timestamp()))::bigint AS ms`;
