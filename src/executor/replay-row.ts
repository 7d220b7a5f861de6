/**
 * Writes one row that stands aside, as its operation would have: the same statement over that one key, and its record, in one
 * transaction. No epoch is taken, so that a run need not be anybody's; the fence is the lock on the run's row, under which
 * its way back begins.
 */
import { batchLockTimeoutMs } from '../operation/lock-budget.js';
import type { BatchCounts, BatchOperation } from '../operation/operation.js';
import { BatchProblemError, workOnKey } from './batch.js';
import type { Execution } from './execution.js';
import type { PoisonRow, QuarantinedRow, RunHandle } from './journal.js';
import { persist } from './persist.js';
import { poisonRow, readRow } from './poison-row.js';
import { isRowError, type RowCausedError } from './row-error.js';
import { runTransaction } from './run-transaction.js';
import type { Session } from './session.js';

/** The part of the journal that replays need. Both `hold` and `refusedAgain` wait for a takeover that is under way. */
export interface ReplayJournal {
  /**
   * Locks, in the order in which everybody locks: the run, which nobody begins to take back before our transaction has
   * ended; the row's range, which counts it; the row.
   */
  hold(session: Session, run: RunHandle, row: QuarantinedRow): Promise<'held' | 'replayed before' | 'taken back'>;
  /** In the transaction of the row: its record, and that of a batch of its own. */
  replayed(session: Session, run: RunHandle, row: QuarantinedRow, batch: ReplayedBatch): Promise<void>;
  refusedAgain(session: Session, run: RunHandle, row: QuarantinedRow, poison: PoisonRow): Promise<void>;
  /** In which state the window of this step is, null where it opened none. It stays there as long as the run is held. */
  windowState(session: Session, run: RunHandle, step: string): Promise<string | null>;
}

export interface ReplayedBatch {
  readonly counts: BatchCounts;
  readonly durationMs: number;
  readonly provenance: boolean;
}

/** `gone`: the source has no such row any more, or the plan does not want it; there is nothing to write. */
export type Replayed = 'written' | 'gone' | 'refused' | 'taken back';

export async function replayRow(
  operation: BatchOperation,
  row: QuarantinedRow,
  journal: ReplayJournal,
  execution: Execution,
): Promise<Replayed> {
  const { limits, deadlockTimeoutMs, run } = execution;
  // Held locks of the run are in the way of its executor: the wait for others' locks is as short as a batch's.
  const lockTimeoutMs = batchLockTimeoutMs(operation.pace, limits.lockTimeoutMs, deadlockTimeoutMs);
  const options = { lockTimeoutMs: lockTimeoutMs ?? limits.lockTimeoutMs };
  return persist(execution, operation, async (session) => {
    try {
      return await runTransaction(
        execution,
        session,
        () => writeRow(operation, row, session, journal, execution),
        options,
      );
    } catch (error) {
      if (!isRowError(error) && !(error instanceof BatchProblemError)) throw error;
      return runTransaction(execution, session, async () => {
        const held = await journal.hold(session, run, row);
        if (held === 'taken back') return held;
        if (held === 'held')
          await journal.refusedAgain(session, run, row, await poisonOf(operation, row, error, session, journal, run));
        return 'refused';
      });
    }
  });
}

async function writeRow(
  operation: BatchOperation,
  row: QuarantinedRow,
  session: Session,
  journal: ReplayJournal,
  { run, clock }: Execution,
): Promise<Replayed> {
  const held = await journal.hold(session, run, row);
  if (held === 'taken back') return held;
  // By another process; or by this one, and the answer to its COMMIT was lost.
  if (held === 'replayed before') return 'written';
  const beganAt = clock.now();
  const now = await asItIsNow(operation, session, journal, run);
  if (now === null) {
    const message = 'its window is closed: nothing gives it a new value any more';
    await journal.refusedAgain(session, run, row, {
      key: row.key,
      row: row.row,
      sqlstate: null,
      message,
      detail: null,
    });
    return 'refused';
  }
  const counts = await workOnKey(now, row.key, session);
  const [still] = counts.aside ?? [];
  if (still !== undefined) {
    await journal.refusedAgain(session, run, row, { ...still, sqlstate: null, detail: null });
    return 'refused';
  }
  const { provenance } = operation.work;
  await journal.replayed(session, run, row, { counts, durationMs: clock.now() - beganAt, provenance });
  return counts.read === 0 ? 'gone' : 'written';
}

/** By the names that the columns have now; null where no statement would find them. */
async function asItIsNow(
  operation: BatchOperation,
  session: Session,
  journal: ReplayJournal,
  run: RunHandle,
): Promise<BatchOperation | null> {
  const { replay } = operation.work;
  if (replay === undefined) return operation;
  const state = await journal.windowState(session, run, operation.step);
  const work = state === null ? undefined : replay[state];
  if (work === undefined) return null;
  return {
    ...operation,
    walk: { ...operation.walk, key: work.key },
    work: { ...operation.work, template: work.template, onViolation: null },
  };
}

async function poisonOf(
  operation: BatchOperation,
  { key }: QuarantinedRow,
  cause: RowCausedError | BatchProblemError,
  session: Session,
  journal: ReplayJournal,
  run: RunHandle,
): Promise<PoisonRow> {
  const now = await asItIsNow(operation, session, journal, run);
  const row = now === null ? null : await readRow(now, key, session);
  if (cause instanceof BatchProblemError) return { key, row, sqlstate: null, message: cause.message, detail: null };
  return poisonRow(key, row, cause);
}
