/** What the mirrors of an open window wrote down besides rows: writes that a side did not take, deleted keys, old writers. */
import { sql } from 'kysely';

import type { Session } from '../../executor/session.js';
import { isoText, journalTables, send } from './journal-query.js';
import type { WindowSummary } from './windows.js';

export interface WindowNotes {
  readonly latestFailures: readonly MirrorFailure[];
  /** Keys that were deleted while it was open, and did not come back. */
  readonly tombstones: number;
  /** Who has written to the side that does not lead, the latest first; nobody before a cutover. */
  readonly oldWriters: readonly OldWriter[];
}

export interface MirrorFailure {
  readonly mapping: string;
  /** The side that lacks it. */
  readonly side: 'old' | 'new';
  readonly operation: string;
  readonly key: readonly string[];
  readonly sqlstate: string;
  readonly message: string;
  readonly at: string;
  readonly by: string;
  readonly application: string;
}

export interface OldWriter {
  readonly by: string;
  readonly application: string;
  readonly transactions: number;
  readonly lastAt: string;
}

export const NO_NOTES: WindowNotes = { latestFailures: [], tombstones: 0, oldWriters: [] };

const SHOWN = 3;

/** Of one that is open. */
export async function notesOf(session: Session, window: WindowSummary): Promise<WindowNotes> {
  const { name, openedAt, failures } = window;
  const latestFailures =
    failures === 0
      ? []
      : await send(
          session,
          journalTables
            .selectFrom('lockstep.mirror_failure')
            .select([
              'mapping',
              'side',
              'operation',
              'sqlstate',
              'message',
              'by_user as by',
              'application',
              isoText('at').as('at'),
            ])
            .select(sql<readonly string[]>`to_json(coalesce(key_after, key_before))`.as('key'))
            .where('window_name', '=', name)
            .where(sql<boolean>`at >= ${openedAt}::timestamptz`)
            .where('accepted_at', 'is', null)
            .orderBy('id', 'desc')
            .limit(SHOWN),
        );
  const [{ tombstones } = { tombstones: '0' }] = await send(
    session,
    journalTables
      .selectFrom('lockstep.tombstone')
      .select(sql<string>`count(*)`.as('tombstones'))
      .where('window_name', '=', name),
  );
  return { latestFailures, tombstones: Number(tombstones), oldWriters: await oldWritersOf(session, window) };
}

async function oldWritersOf(session: Session, { name, state, openedAt }: WindowSummary): Promise<readonly OldWriter[]> {
  if (state !== 'new leads') return [];
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.old_writer')
      .select(['by_user as by', 'application', sql<string>`count(*)`.as('transactions')])
      .select(sql<string>`to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('lastAt'))
      .where('window_name', '=', name)
      .where('side', '=', 'old')
      .where(sql<boolean>`at >= ${openedAt}::timestamptz`)
      .groupBy(['by_user', 'application'])
      .orderBy(sql`max(at)`, 'desc')
      .limit(SHOWN),
  );
  return rows.map((row) => ({ ...row, transactions: Number(row.transactions) }));
}
