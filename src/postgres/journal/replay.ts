/** Replays of rows that stand aside, as the journal sees them. What is replayed, and how, belongs to `executor`. */
import { sql } from 'kysely';

import type { PoisonRow, QuarantinedRow, RunHandle } from '../../executor/journal.js';
import type { ReplayedBatch, ReplayJournal } from '../../executor/replay-row.js';
import type { Session } from '../../executor/session.js';
import { journalTables, jsonParameter, send } from './journal-query.js';

export const postgresReplay: ReplayJournal = { hold, replayed, refusedAgain, windowState };

/** Batches of a replay: ranges begin with 1. */
export const REPLAY_RANGE = 0;

/**
 * FOR NO KEY UPDATE, not FOR SHARE: replays wait for each other, and a takeover that waits for one of them is served next;
 * shared locks that overlap would keep it waiting as long as there are rows.
 */
async function hold(
  session: Session,
  run: RunHandle,
  row: QuarantinedRow,
): Promise<'held' | 'replayed before' | 'taken back'> {
  const [locked] = await send(
    session,
    journalTables
      .selectFrom('lockstep.run')
      .select((eb) => eb('rollback_graph', 'is not', null).$castTo<boolean>().as('goesBack'))
      .where('id', '=', run.id)
      .forNoKeyUpdate(),
  );
  if (locked === undefined) throw new Error(`run ${run.id} is not in the journal`);
  if (locked.goesBack) return 'taken back';
  await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select('number')
      .where('run_id', '=', run.id)
      .where('operation_id', '=', row.operation)
      .where('number', '=', row.range)
      .forNoKeyUpdate(),
  );
  const [stands] = await send(
    session,
    journalTables
      .selectFrom('lockstep.quarantined')
      .select('id')
      .where('run_id', '=', run.id)
      .where('operation_id', '=', row.operation)
      .where('id', '=', row.number)
      .where('replayed_at', 'is', null)
      .forNoKeyUpdate(),
  );
  return stands === undefined ? 'replayed before' : 'held';
}

/** Also where the row is gone: it stands aside no longer. */
async function replayed(
  session: Session,
  run: RunHandle,
  { operation, number, range }: QuarantinedRow,
  { counts, durationMs, provenance }: ReplayedBatch,
): Promise<void> {
  await send(
    session,
    journalTables
      .updateTable('lockstep.quarantined')
      .set({ replayed_at: sql<string>`clock_timestamp()`, replayed_by: sql<string>`session_user` })
      .where('run_id', '=', run.id)
      .where('operation_id', '=', operation)
      .where('id', '=', number),
  );
  // It was read when it was set aside.
  await send(
    session,
    journalTables
      .updateTable('lockstep.range')
      .set((eb) => ({
        rows_quarantined: eb('rows_quarantined', '-', '1'),
        rows_changed: eb('rows_changed', '+', String(counts.changed)),
        rows_skipped: eb('rows_skipped', '+', String(counts.skipped)),
        rows_kept: eb('rows_kept', '+', String(counts.kept)),
      }))
      .where('run_id', '=', run.id)
      .where('operation_id', '=', operation)
      .where('number', '=', range),
  );
  await send(
    session,
    journalTables.insertInto('lockstep.batch').values({
      run_id: run.id,
      operation_id: operation,
      range_number: REPLAY_RANGE,
      number,
      xid: sql<string | null>`CASE WHEN ${provenance}::boolean THEN pg_current_xact_id() END`,
      rows: counts.read,
      duration_ms: Math.round(durationMs),
    }),
  );
  if (counts.findings.length === 0) return;
  const findings = counts.findings.map((found) => ({
    run_id: run.id,
    operation_id: operation,
    what: typeof found['what'] === 'string' ? found['what'] : '',
    detail: jsonParameter(found),
  }));
  await send(session, journalTables.insertInto('lockstep.finding').values(findings));
}

async function refusedAgain(
  session: Session,
  run: RunHandle,
  { operation, number }: QuarantinedRow,
  { row, sqlstate, message, detail }: PoisonRow,
): Promise<void> {
  await send(
    session,
    journalTables
      .updateTable('lockstep.quarantined')
      .set({ row: jsonParameter(row), sqlstate, message, detail, at: sql<string>`clock_timestamp()` })
      .where('run_id', '=', run.id)
      .where('operation_id', '=', operation)
      .where('id', '=', number),
  );
}

async function windowState(session: Session, run: RunHandle, step: string): Promise<string | null> {
  const [window] = await send(
    session,
    journalTables
      .selectFrom('lockstep.window')
      .select('state')
      .where('run_id', '=', run.id)
      .where('step', '=', step)
      .forNoKeyUpdate(),
  );
  return window?.state ?? null;
}
