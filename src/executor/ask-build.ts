/** How far the server is with building an index, asked from another session. One short statement: a build waits for long ones. */
import type { Session } from './session.js';

export interface BuildProgress {
  /** In the server's words: `building index: scanning table`, `waiting for writers before build`. */
  readonly phase: string;
  /** Of this phase, from 0 to 1; null where the phase counts nothing. */
  readonly share: number | null;
}

/** Undefined where the process builds no index. */
export async function askBuild(session: Session, pid: number): Promise<BuildProgress | undefined> {
  const { rows } = await session.query<BuildRow>(
    `SELECT phase, blocks_total AS blocks, blocks_done, tuples_total AS tuples, tuples_done, lockers_total AS lockers, lockers_done
     FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1`,
    [pid],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return { phase: row.phase, share: shareOf(row) };
}

/** bigint arrives as text. Figures of an earlier phase may still stand there: only those of the present one count. */
interface BuildRow {
  readonly phase: string;
  readonly blocks: string;
  readonly blocks_done: string;
  readonly tuples: string;
  readonly tuples_done: string;
  readonly lockers: string;
  readonly lockers_done: string;
}

function shareOf(row: BuildRow): number | null {
  const [total, done] = row.phase.startsWith('waiting for')
    ? [row.lockers, row.lockers_done]
    : Number(row.blocks) > 0
      ? [row.blocks, row.blocks_done]
      : [row.tuples, row.tuples_done];
  return Number(total) > 0 ? Math.min(1, Number(done) / Number(total)) : null;
}
