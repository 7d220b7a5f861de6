/** Moves a run from status to status, with its event. The table of moves is in `run-status`. */
import { sql } from 'kysely';

import type { RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import { lockRun } from './fence.js';
import { journalTables, jsonParameter, send } from './journal-query.js';
import { ENDED_STATUSES, RUN_MOVES, type RunDirection, type RunStatus } from './run-status.js';

/**
 * In the caller's transaction, where there is one. Where the run is there already nothing is written. Rejects with a
 * FencedError, and with a defect where the table has no such move.
 */
export async function moveRun(
  session: Session,
  run: RunHandle,
  to: RunStatus,
  details: Readonly<Record<string, unknown>> | null = null,
): Promise<void> {
  const { status: from, goesBack } = await lockRun(session, run);
  if (from === to) return;
  const direction: RunDirection = goesBack ? 'rollback' : 'apply';
  if (RUN_MOVES[direction][to]?.includes(from) !== true) {
    throw new Error(`run ${run.id} (${direction}) cannot move from ${from} to ${to}`);
  }
  const moved = await send(
    session,
    journalTables
      .with('moved', (db) =>
        db
          .updateTable('lockstep.run')
          .set({
            status: to,
            finished_at: ENDED_STATUSES.includes(to) ? sql<string>`clock_timestamp()` : null,
          })
          .where('id', '=', run.id)
          .where('epoch', '=', run.epoch)
          .where('status', '=', from)
          .returning('id'),
      )
      .insertInto('lockstep.event')
      .columns(['run_id', 'event', 'from_state', 'to_state', 'details', 'before'])
      .expression((eb) =>
        eb
          .selectFrom('moved')
          .select([
            'id',
            sql<'run moved'>`'run moved'`.as('event'),
            sql<string>`${from}::text`.as('from_state'),
            sql<string>`${to}::text`.as('to_state'),
            jsonParameter(details).as('details'),
            eventsBefore(run.id).as('before'),
          ]),
      )
      .returning('id'),
  );
  if (moved.length === 1) return;
  // Only outside a transaction: the lock went with the statement that took it.
  await lockRun(session, run);
  throw new Error(`run ${run.id} was moved by somebody else`);
}
