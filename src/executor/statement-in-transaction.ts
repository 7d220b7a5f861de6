/**
 * A statement operation inside a transaction: its effect and its record are one commit. Owns the attempts to get its
 * locks, and how it ends where others do not let go of them.
 */
import { definitionScope } from '../operation/definition-scope.js';
import type { StatementOperation } from '../operation/operation.js';
import { askBlockers } from './ask-blockers.js';
import { assertAll } from './assert-all.js';
import { describeBlocker, type Blocker } from './blocker.js';
import type { Ended, Execution } from './execution.js';
import { lockAttempt, pauseAfterAttempt, type LockAttempt, type LockLimits } from './lock-attempts.js';
import { LockBudgetSpentError, lockTables, lockTablesUnlimited } from './lock-tables.js';
import { persist } from './persist.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError, type Session } from './session.js';
import { backendPid, watchStatement } from './watch-statement.js';
import { whileWatched } from './while-watched.js';
import { BacklogTooLongError, workOffBefore } from './work-off-backlog.js';

/** The transaction is rolled back whole; another attempt may get the locks. */
interface LockedOut {
  readonly state: 'locked out';
  readonly message: string;
  readonly blockers: readonly Blocker[];
  /** They were had, too late. */
  readonly backlog: boolean;
}

export async function statementInTransaction(operation: StatementOperation, execution: Execution): Promise<Ended> {
  const { clock, random, observe, stop } = execution;
  const limits: LockLimits = {
    ...execution.limits,
    deadlockTimeoutMs: execution.deadlockTimeoutMs,
    ...operation.lockLimits,
  };
  const { id, step } = operation;
  const beganAt = clock.now();
  let blockers: readonly Blocker[] = [];
  for (let number = 1; ; number++) {
    const attempt = lockAttempt(number, limits);
    const turn = await persist(
      execution,
      operation,
      (session) => inOneTransaction(operation, attempt, session, execution),
      {
        inSlot: true,
      },
    );
    if (turn.state !== 'locked out') return turn;
    // A session that let go just before it could be asked about leaves whom an earlier attempt met.
    if (turn.blockers.length > 0) blockers = turn.blockers;
    const named = blockers.length === 0 ? '' : `, held by ${blockers.map(describeBlocker).join('; ')}`;
    const pauseMs = pauseAfterAttempt(number, limits, clock.now() - beganAt, random);
    if (pauseMs === null) {
      const why = turn.backlog ? `: ${turn.message}` : named;
      const reason = `its locks could not be had in ${number} attempts${why}`;
      return { state: 'blocked', outcome: { reason, blockers } };
    }
    observe({ type: 'retry', operation: id, step, reason: `${turn.message}${named}`, tries: number, pauseMs });
    await clock.sleep(pauseMs, stop);
  }
}

async function inOneTransaction(
  operation: StatementOperation,
  attempt: LockAttempt,
  session: Session,
  execution: Execution,
): Promise<Ended | LockedOut> {
  const { journal, run } = execution;
  if (execution.stop.aborted) return { state: 'stopped' };
  // A COMMIT whose answer was lost: what it did stands in the journal, read under the row's lock.
  if ((await journal.lockedState(session, run, operation.id)) === 'done') return { state: 'done', outcome: {} };
  await workOffBefore(operation, session, execution);
  if (stopCameMeanwhile(execution.stop)) return { state: 'stopped' };
  await noticeLostClient(session);
  // Behind a pooler each transaction has a process of its own: it is asked again inside.
  let pid = await backendPid(session);
  const work = (): Promise<void> =>
    runTransaction(
      execution,
      session,
      async () => {
        if (session.isShared === true) pid = await backendPid(session);
        await journal.moveOperation(session, run, operation.id, 'running');
        if (operation.unlimited) await lockTablesUnlimited(operation, session);
        else await lockTables(operation, attempt, session, execution);
        // Under the very locks of the statements where these are on the tables that are locked first: what is asserted
        // stays true until COMMIT. Where there are none, only what the assertion's own query locks is held.
        await assertAll(operation, session);
        for (const { sql, parameters } of operation.statements) await session.query(sql, parameters);
        await journal.recordDefinitions(session, run, operation.id, definitionScope(operation, execution.touched));
        await journal.moveOperation(session, run, operation.id, 'done', {});
      },
      operation.unlimited ? { lockTimeoutMs: 0, statementTimeoutMs: 0 } : { lockTimeoutMs: attempt.waitMs },
    );
  if (operation.unlimited) {
    await watchStatement(execution, operation, pid, work);
    return { state: 'done', outcome: {} };
  }
  let blockers: readonly Blocker[] = [];
  const ask = async (other: Session): Promise<() => void> => {
    const seen = await askBlockers(other, pid);
    return () => {
      if (seen.length > 0) blockers = seen;
    };
  };
  try {
    const everyMs = Math.max(5, attempt.waitMs / 4);
    await whileWatched(execution, work, { firstMs: everyMs, everyMs, ask });
    return { state: 'done', outcome: {} };
  } catch (error) {
    const message = lockedOutBy(error);
    if (message === undefined) throw error;
    return { state: 'locked out', message, blockers, backlog: error instanceof BacklogTooLongError };
  }
}

/** For the compiler, to which a signal that was not aborted above stays so. */
function stopCameMeanwhile({ aborted }: AbortSignal): boolean {
  return aborted;
}

const LOCKED_OUT = new Set([
  '55P03', // lock_not_available: lock_timeout
  '40P01', // deadlock_detected
]);

function lockedOutBy(error: unknown): string | undefined {
  if (error instanceof LockBudgetSpentError || error instanceof BacklogTooLongError) return error.message;
  if (!(error instanceof DatabaseError)) return undefined;
  return LOCKED_OUT.has(error.facts.sqlstate ?? '') ? error.message : undefined;
}

/**
 * The server would go on with a long statement of a client that is gone, only to roll it back; meanwhile its locks keep
 * the next executor from taking over. Where the server's platform cannot notice, it stays as it is.
 */
async function noticeLostClient(session: Session): Promise<void> {
  if (session.isShared === true) return;
  await session.query('SET client_connection_check_interval = 2000').catch((error: unknown) => {
    if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
  });
}
