/**
 * Stops that people ask for: written into the run's row, where each of its processes looks once a second. No epoch, as with
 * an approval: it is a person's word, whoever runs the plan. Batches never lock that row.
 */
import { sql } from 'kysely';

import type { OperationState, RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import { journalTables, jsonParameter, send } from './journal-query.js';
import { UNDER_WAY_STATUSES, type Asked, type RunDirection, type RunStatus } from './run-status.js';
import { ABSENT, ASKED } from './runs.js';

/** One statement, with its event. False where the run is not under way: nothing is written then. */
export async function askToStop(session: Session, runId: string, asked: Asked): Promise<boolean> {
  const told = await send(
    session,
    journalTables
      .with('told', (db) =>
        db
          .updateTable('lockstep.run')
          .set({ asked })
          .where('id', '=', runId)
          .where('status', 'in', UNDER_WAY_STATUSES)
          .returning('id'),
      )
      .insertInto('lockstep.event')
      .columns(['run_id', 'event', 'details', 'before'])
      .expression((eb) =>
        eb
          .selectFrom('told')
          .select([
            'told.id',
            sql<'stop asked'>`'stop asked'`.as('event'),
            jsonParameter({ asked }).as('details'),
            eventsBefore(runId).as('before'),
          ]),
      )
      .returning('id'),
  );
  return told.length === 1;
}

export interface AskedStop {
  readonly asked: Asked;
  readonly by: string;
}

const BY = sql<string | null>`(
  SELECT e.by_user FROM lockstep.event AS e
  WHERE e.run_id = lockstep.run.id AND e.event = 'stop asked' ORDER BY e.id DESC LIMIT 1)`;

/** Of an executor that was overtaken nobody asks anything any more. */
export async function askedStop(session: Session, run: RunHandle): Promise<AskedStop | null> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.run')
      .select(['asked', BY.as('by')])
      .where('id', '=', run.id)
      .where('epoch', '=', run.epoch)
      .where('asked', 'is not', null),
  );
  return row === undefined ? null : { asked: row.asked!, by: row.by ?? 'somebody' };
}

/** A run as one who joins its work must see it: all of one moment. */
export interface RunLook {
  readonly status: RunStatus;
  readonly direction: RunDirection;
  readonly epoch: number;
  readonly asked: Asked | null;
  /** Of the operations that have begun and are not skipped, both ways. */
  readonly states: Readonly<Record<string, OperationState>>;
}

/** One statement: epoch and direction belong together, or a joiner would take the way there under the epoch of the way back. */
export async function lookAtRun(session: Session, runId: string): Promise<RunLook> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom(['lockstep.run', ABSENT])
      .select([
        'status',
        'epoch',
        sql<RunDirection>`CASE WHEN rollback_graph IS NULL THEN 'apply' ELSE 'rollback' END`.as('direction'),
        ASKED.as('asked'),
        sql<RunLook['states']>`(SELECT coalesce(json_object_agg(o.id, o.state), '{}') FROM lockstep.operation AS o
          WHERE o.run_id = lockstep.run.id AND o.state NOT IN ('pending', 'skipped'))`.as('states'),
      ])
      .where('id', '=', runId),
  );
  if (row === undefined) throw new Error(`run ${runId} is not in the journal`);
  return row;
}
