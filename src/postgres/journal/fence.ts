/**
 * The fence: what a write does that found no row of its epoch. Owns the row locks under which an operation is moved.
 * A takeover writes run, operations, ranges in this order; everybody takes its locks in the same order.
 */
import { FencedError, type OperationState, type RunHandle } from '../../executor/journal.js';
import type { OperationId } from '../../operation/operation.js';
import type { Session } from '../../executor/session.js';
import { journalTables, send } from './journal-query.js';
import type { RunStatus } from './run-status.js';

/**
 * FOR NO KEY UPDATE conflicts with a takeover and with other moves, and with no foreign key that points to the row.
 * After a wait the server checks the epoch of the row's newest version. Rejects with a FencedError.
 */
export async function lockOperation(session: Session, run: RunHandle, id: OperationId): Promise<OperationState> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.operation')
      .select('state')
      .where('run_id', '=', run.id)
      .where('id', '=', id)
      .where('epoch', '=', run.epoch)
      .forNoKeyUpdate(),
  );
  return row?.state ?? refuseWrite(session, run, id, 'has no row');
}

/** Rejects with a FencedError where the operation carries another epoch; else `problem` is a defect. */
export async function refuseWrite(session: Session, run: RunHandle, id: OperationId, problem: string): Promise<never> {
  await refuseIfFenced(session, run, id);
  throw new Error(`operation ${id} of run ${run.id} ${problem}`);
}

/** For a read that found nothing to claim: takeovers raise the epoch of every operation. */
export async function refuseIfFenced(session: Session, run: RunHandle, id: OperationId): Promise<void> {
  const [row] = await send(
    session,
    journalTables.selectFrom('lockstep.operation').select('epoch').where('run_id', '=', run.id).where('id', '=', id),
  );
  if (row !== undefined && row.epoch !== run.epoch) throw new FencedError();
}

/** The run's row, as `lockOperation`. */
export async function lockRun(
  session: Session,
  run: RunHandle,
): Promise<{ readonly status: RunStatus; readonly goesBack: boolean }> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.run')
      .select((eb) => ['status', 'epoch', eb('rollback_graph', 'is not', null).$castTo<boolean>().as('goesBack')])
      .where('id', '=', run.id)
      .forNoKeyUpdate(),
  );
  if (row === undefined) throw new Error(`run ${run.id} is not in the journal`);
  if (row.epoch !== run.epoch) throw new FencedError();
  return { status: row.status, goesBack: row.goesBack };
}
