/**
 * The executor's journal in the database. Every write names its epoch and is sent through the caller's session, so that it
 * commits or vanishes with the rows it speaks of. The life of a whole run (begin, take over, move) is in the files beside.
 */
import { sql } from 'kysely';

import type {
  Journal,
  NewRange,
  OperationOutcome,
  OperationRecord,
  OperationState,
  RangeClaim,
  RunHandle,
} from '../../executor/journal.js';
import type { Counts } from '../../executor/run-types.js';
import type { OperationId } from '../../operation/operation.js';
import type { Session } from '../../executor/session.js';
import { approvals } from './approvals.js';
import { writeCheckpoint } from './checkpoint.js';
import { recordDefinitions } from './definitions.js';
import { eventsBefore } from './event-chain.js';
import { lockOperation, refuseIfFenced, refuseWrite } from './fence.js';
import { journalTables, jsonParameter, keyJson, keyParameter, send } from './journal-query.js';
import { recordHold } from './holds.js';
import { noteFiles } from './file-nodes.js';
import { inOrder } from './operation-order.js';
import { quarantine } from './quarantine.js';

export const postgresJournal: Journal = {
  operations,
  lockedState: lockOperation,
  moveOperation,
  createRanges,
  noteFiles,
  claimRange,
  unfinishedRanges,
  checkpoint: writeCheckpoint,
  ...quarantine,
  counts,
  approvals,
  waitedMs,
  recordDefinitions,
  recordHold,
};

function operations(session: Session, run: RunHandle): Promise<readonly OperationRecord[]> {
  return send(
    session,
    journalTables
      .selectFrom('lockstep.operation')
      .select(['id', 'state', 'outcome'])
      .where('run_id', '=', run.id)
      .orderBy(inOrder),
  );
}

/** Locks first, to know where it comes from; then state and event are one statement. */
async function moveOperation(
  session: Session,
  run: RunHandle,
  id: OperationId,
  to: OperationState,
  outcome?: OperationOutcome,
): Promise<void> {
  const from = await lockOperation(session, run, id);
  const changes = from !== to;
  // Only what changes nothing is asked again.
  if (changes && isFinal(from) && to !== 'pending')
    throw new Error(`operation ${id} of run ${run.id} is ${from} and cannot become ${to}`);
  // A failure told twice, as a lock not had, is another try; the same end told twice is a COMMIT whose answer was lost.
  const endsTurn = isFinal(to) ? changes : to === 'failed' || to === 'blocked' || (to === 'in doubt' && changes);
  const now = sql<string>`clock_timestamp()`;
  const move = journalTables
    .updateTable('lockstep.operation')
    .set((eb) => ({
      state: to,
      // What an earlier turn left behind says nothing about this one.
      ...((outcome !== undefined || changes) && { outcome: jsonParameter(outcome ?? null) }),
      ...(endsTurn && { attempts: eb('attempts', '+', 1) }),
      ...(to !== 'pending' && { first_left_pending_at: eb.fn.coalesce('first_left_pending_at', now) }),
      ...(to === 'running' && { started_at: eb.fn.coalesce('started_at', now) }),
      ...((changes || endsTurn) && { finished_at: isFinal(to) || endsTurn ? now : null }),
    }))
    .where('run_id', '=', run.id)
    .where('id', '=', id)
    .where('epoch', '=', run.epoch)
    .where('state', '=', from)
    .returning(['run_id', 'id']);
  const written = changes
    ? journalTables
        .with('moved', () => move)
        .insertInto('lockstep.event')
        .columns(['run_id', 'event', 'operation_id', 'from_state', 'to_state', 'details', 'before'])
        .expression((eb) =>
          eb
            .selectFrom('moved')
            .select([
              'moved.run_id',
              sql.lit('operation moved').as('event'),
              'moved.id',
              sql<string>`${from}::text`.as('from_state'),
              sql<string>`${to}::text`.as('to_state'),
              jsonParameter(outcome ?? null).as('details'),
              eventsBefore(run.id).as('before'),
            ]),
        )
        .returning('operation_id as id')
    : move;
  if ((await send<{ id: string | null }>(session, written)).length === 0) {
    await refuseWrite(session, run, id, `was not moved from ${from} to ${to}`);
  }
}

function isFinal(state: OperationState): boolean {
  return state === 'done' || state === 'skipped';
}

async function createRanges(
  session: Session,
  run: RunHandle,
  id: OperationId,
  ranges: readonly NewRange[],
): Promise<void> {
  // Under the operation's lock, and looked at in a statement after it: two of us cannot both find no range.
  await lockOperation(session, run, id);
  const [there] = await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select('number')
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .limit(1),
  );
  if (there !== undefined || ranges.length === 0) return;
  const rows = ranges.map(({ lower, upper }, index) => ({
    run_id: run.id,
    operation_id: id,
    number: index + 1,
    epoch: run.epoch,
    lower: keyParameter(lower),
    upper: keyParameter(upper),
  }));
  await send(session, journalTables.insertInto('lockstep.range').values(rows));
}

/**
 * The lock is claim and fence in one: after a takeover the server finds no range of our epoch. It is not written to here;
 * a batch that is rolled back has written nothing, and one that commits has written the range once.
 */
async function claimRange(
  session: Session,
  run: RunHandle,
  id: OperationId,
  number?: number,
): Promise<RangeClaim | null> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select([
        'number',
        sql<readonly string[] | null>`to_json(coalesce(cursor, lower))`.as('cursor'),
        keyJson('upper').as('upper'),
      ])
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .where('epoch', '=', run.epoch)
      .where('done', '=', false)
      .$if(number !== undefined, (query) => query.where('number', '=', number!))
      .orderBy('number')
      .limit(1)
      .forUpdate()
      .skipLocked(),
  );
  if (row !== undefined) return { operation: id, ...row };
  await refuseIfFenced(session, run, id);
  return null;
}

async function unfinishedRanges(session: Session, run: RunHandle, id: OperationId): Promise<number> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select((eb) => eb.fn.countAll<string>().as('unfinished'))
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .where('done', '=', false),
  );
  // After the count: a takeover that raised the epoch in between makes the count worthless, not the other way round.
  await refuseIfFenced(session, run, id);
  return Number(row!.unfinished);
}

async function counts(session: Session, run: RunHandle, id: OperationId): Promise<Counts> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select([
        sql<string>`coalesce(sum(rows_read), 0)`.as('read'),
        sql<string>`coalesce(sum(rows_changed), 0)`.as('changed'),
        sql<string>`coalesce(sum(rows_skipped), 0)`.as('skipped'),
        sql<string>`coalesce(sum(rows_kept), 0)`.as('kept'),
        sql<string>`coalesce(sum(rows_quarantined), 0)`.as('quarantined'),
        sql<string>`coalesce(sum(batches), 0)`.as('batches'),
      ])
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id),
  );
  const { read, changed, skipped, kept, quarantined, batches } = row!;
  return {
    read: Number(read),
    changed: Number(changed),
    skipped: Number(skipped),
    kept: Number(kept),
    quarantined: Number(quarantined),
    batches: Number(batches),
  };
}

async function waitedMs(session: Session, run: RunHandle, id: OperationId): Promise<number> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.operation')
      .select(
        // The clock, not the transaction's time: the gate's transaction may have begun before it was reached.
        sql<string>`coalesce(floor(1000 * extract(epoch FROM clock_timestamp() - first_left_pending_at)), 0)::bigint`.as(
          'waited',
        ),
      )
      .where('run_id', '=', run.id)
      .where('id', '=', id),
  );
  if (row === undefined) return refuseWrite(session, run, id, 'has no row');
  return Number(row.waited);
}
