/** What people did and what happened: approvals, and the append-only trail of events. */
import { sql } from 'kysely';

import type { OperationId } from '../../operation/operation.js';
import type { Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import type { EventName } from './event-name.js';
import { isoText, journalTables, jsonParameter, send } from './journal-query.js';

export interface JournalEvent {
  readonly id: string;
  readonly at: string;
  readonly event: EventName;
  readonly operation: OperationId | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly by: string;
}

/**
 * The session's user agrees to what a gate holds back. False where that user had agreed before; nothing is written then.
 * No epoch: it is a person's word, whoever runs the plan. Rejects with a DatabaseError (23503) where the run has no such
 * operation.
 */
export async function approve(
  session: Session,
  runId: string,
  operation: OperationId,
  comment: string | null = null,
  /** What was looked at. */
  graphDigest: string | null = null,
): Promise<boolean> {
  const told = await send(
    session,
    journalTables
      .with('approved', (db) =>
        db
          .insertInto('lockstep.approval')
          .values({ run_id: runId, operation_id: operation, comment, graph_digest: graphDigest })
          .onConflict((conflict) => conflict.doNothing())
          .returning(['run_id', 'operation_id']),
      )
      .insertInto('lockstep.event')
      .columns(['run_id', 'event', 'operation_id', 'details', 'before'])
      .expression((eb) =>
        eb
          .selectFrom('approved')
          .select([
            'run_id',
            sql<'approved'>`'approved'`.as('event'),
            'operation_id',
            jsonParameter(detailsOf(comment, graphDigest)).as('details'),
            eventsBefore(runId).as('before'),
          ]),
      )
      .returning('id'),
  );
  return told.length === 1;
}

function detailsOf(comment: string | null, digest: string | null): object | null {
  if (comment === null && digest === null) return null;
  return { ...(comment !== null && { comment }), ...(digest !== null && { digest }) };
}

/** In the order in which they were written; those of a transaction that is still open come later. */
export function events(session: Session, runId: string): Promise<readonly JournalEvent[]> {
  return send(
    session,
    journalTables
      .selectFrom('lockstep.event')
      .select([
        sql<string>`id::text`.as('id'),
        isoText('at').as('at'),
        'event',
        'operation_id as operation',
        'from_state as from',
        'to_state as to',
        'details',
        'by_user as by',
      ])
      .where('run_id', '=', runId)
      .orderBy('lockstep.event.id'),
  );
}
