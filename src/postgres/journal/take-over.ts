/**
 * A takeover: the run's epoch is raised, and whoever ran it before can write nothing any more. Waits for transactions of
 * the run that are in flight, by their row locks, and for nothing else: the old executor need not answer.
 */
import { sql } from 'kysely';

import type { RunHandle } from '../../executor/journal.js';
import { DatabaseError, type Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import { journalTables, jsonParameter, send } from './journal-query.js';
import { JournalRefusal } from './journal-refusal.js';

export interface TakeOverOptions {
  /** Host and pid of who takes over. */
  readonly executor: string;
  /** For each transaction in flight; a paused process may hold one for ever. Default 30,000; 0 waits without limit. */
  readonly waitMs?: number;
}

/** For what a statement of the takeover does when it has its locks. Whoever is cut off in it must not hold the run for ever. */
const WORK_MS = 60_000;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * In a transaction of its own: the session must not be in one. Rejects with a JournalRefusal (`held`) where a transaction
 * of the run does not end in time; then nothing has changed.
 */
export async function takeOver(session: Session, runId: string, options: TakeOverOptions): Promise<RunHandle> {
  return (await takeOverIf(session, runId, options, () => Promise.resolve(true)))!;
}

/**
 * As `takeOver`. `asked` is called before COMMIT, when nobody else writes for the run any more; what it writes is part of
 * the takeover. False: null is returned, and nothing has changed, for the former executor neither.
 */
export async function takeOverIf(
  session: Session,
  runId: string,
  { executor, waitMs = 30_000 }: TakeOverOptions,
  asked: (run: RunHandle) => Promise<boolean>,
): Promise<RunHandle | null> {
  // READ COMMITTED: the statements below must see what those committed for whom they waited.
  await session.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = ${waitMs}; SET LOCAL statement_timeout = ${waitMs === 0 ? 0 : waitMs + WORK_MS}; SET LOCAL idle_in_transaction_session_timeout = ${WORK_MS}`,
  );
  let handle: RunHandle | undefined;
  try {
    handle = await raiseEpoch(session, runId, executor);
    const taken = await asked(handle);
    await session.query(taken ? 'COMMIT' : 'ROLLBACK');
    return taken ? handle : null;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    const waited = error instanceof DatabaseError && error.facts.sqlstate === LOCK_NOT_AVAILABLE;
    throw waited && handle === undefined ? await held(session, error) : error;
  }
}

/** Run, operations, ranges: each a statement, so that ranges which were being made while we waited are seen. */
async function raiseEpoch(session: Session, runId: string, executor: string): Promise<RunHandle> {
  const [run] = await send(
    session,
    journalTables
      .updateTable('lockstep.run')
      .set((eb) => ({ epoch: eb('epoch', '+', 1), executor, asked: null }))
      .where('id', '=', runId)
      .returning([sql<string>`id::text`.as('id'), 'epoch']),
  );
  if (run === undefined) throw new Error(`run ${runId} is not in the journal`);
  const epoch = run.epoch;
  await send(session, journalTables.updateTable('lockstep.operation').set({ epoch }).where('run_id', '=', runId));
  await send(
    session,
    journalTables.updateTable('lockstep.range').set({ epoch }).where('run_id', '=', runId).where('done', '=', false),
  );
  await send(
    session,
    journalTables.insertInto('lockstep.event').values({
      run_id: runId,
      event: 'run taken over',
      details: jsonParameter({ executor, epoch }),
      before: eventsBefore(runId),
    }),
  );
  return run;
}

/** Every transaction that claims a range, or moves an operation, holds ROW SHARE or ROW EXCLUSIVE on that table. */
async function held(session: Session, cause: DatabaseError): Promise<JournalRefusal> {
  const { rows } = await session.query<{ pid: number }>(
    `SELECT DISTINCT pid FROM pg_locks
     WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND relation IN ('lockstep.operation'::regclass, 'lockstep.range'::regclass)
       AND mode IN ('RowShareLock', 'RowExclusiveLock') AND granted AND pid <> pg_backend_pid()
     ORDER BY pid`,
  );
  const pids = rows.map((row) => row.pid).join(', ');
  return new JournalRefusal(
    'held',
    `a transaction of the run does not end${pids === '' ? '' : ` (server process ${pids})`}`,
    'Let it end, or end it with pg_terminate_backend(pid); it leaves nothing behind. Then try again.',
    { cause },
  );
}
