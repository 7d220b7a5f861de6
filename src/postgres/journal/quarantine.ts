/** Rows that stand aside: set aside in the transaction that passes over them, and listed. Replaying them is beside. */
import type { PoisonRow, QuarantinedRow, RangeClaim, RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import type { OperationId } from '../../operation/operation.js';
import { writeCheckpoint } from './checkpoint.js';
import { isoText, journalTables, jsonParameter, keyJson, keyParameter, send } from './journal-query.js';

export async function standingAside(session: Session, run: Pick<RunHandle, 'id'>, id: OperationId): Promise<number> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.quarantined')
      .select((eb) => eb.fn.countAll<string>().as('rows'))
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .where('replayed_at', 'is', null),
  );
  return Number(row!.rows);
}

export async function setAside(session: Session, run: RunHandle, claim: RangeClaim, poison: PoisonRow): Promise<void> {
  const counts = { read: 1, changed: 0, skipped: 0, kept: 0, findings: [], problem: null };
  const record = { cursor: poison.key, done: false, counts, durationMs: 0, provenance: false, quarantined: 1 };
  await writeCheckpoint(session, run, claim, record);
  const { key, row, ...why } = poison;
  await send(
    session,
    journalTables.insertInto('lockstep.quarantined').values({
      ...why,
      run_id: run.id,
      operation_id: claim.operation,
      range_number: claim.number,
      key: keyParameter(key),
      row: jsonParameter(row),
    }),
  );
}

/** In the order in which they were met; those that were replayed are not among them. */
export function quarantinedRows(session: Session, runId: string): Promise<readonly QuarantinedRow[]> {
  return send(
    session,
    journalTables
      .selectFrom('lockstep.quarantined')
      .select([
        'id',
        'operation_id as operation',
        'range_number as range',
        keyJson('key').as('key'),
        'row',
        'sqlstate',
        'message',
        'detail',
        isoText('at').as('at'),
      ])
      .where('run_id', '=', runId)
      .where('replayed_at', 'is', null)
      .orderBy('id'),
  );
}
