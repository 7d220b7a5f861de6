/** A person accepts that writes which one side of a window did not take stay as they are; in the trail, with who said so. */
import { sql } from 'kysely';

import type { RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import { journalTables, jsonParameter, send } from './journal-query.js';

/** In the transaction of a takeover. */
export async function acceptRecorded(session: Session, run: Pick<RunHandle, 'id'>): Promise<void> {
  const accepted = await send(
    session,
    journalTables
      .updateTable('lockstep.mirror_failure')
      .set({ accepted_at: sql<string>`clock_timestamp()`, accepted_by: sql<string>`session_user` })
      .where('accepted_at', 'is', null)
      .where(
        'window_name',
        'in',
        // Also of one that another plan has opened, and this run has cut over.
        journalTables
          .selectFrom('lockstep.window as w')
          .leftJoin('lockstep.window_move as m', (join) =>
            join.onRef('m.window_run_id', '=', 'w.run_id').onRef('m.step', '=', 'w.step'),
          )
          .select('w.name')
          .where((eb) => eb.or([eb('w.run_id', '=', run.id), eb('m.by_run_id', '=', run.id)])),
      )
      .returning(['id']),
  );
  if (accepted.length === 0) return;
  await send(
    session,
    journalTables.insertInto('lockstep.event').values({
      run_id: run.id,
      event: 'recorded writes accepted',
      details: jsonParameter({ writes: accepted.length }),
      before: eventsBefore(run.id),
    }),
  );
}
