/**
 * The locks of a statement operation, taken before anything else in its transaction: first the light lock on every table,
 * then the strong ones. Measured: under a short lock_timeout alone a statement never gets past autovacuum, which gives
 * way only to somebody who has waited for `deadlock_timeout`. Waiting that long for SHARE UPDATE EXCLUSIVE holds up
 * neither readers nor writers; once it is held, no vacuum begins, and only readers and writers are left to wait for.
 */
import { LOCK_MODES, strongerLock, type LockMode } from '../sql/lock-mode.js';
import type { StatementOperation } from '../operation/operation.js';
import type { Execution } from './execution.js';
import type { LockAttempt } from './lock-attempts.js';
import { DatabaseError, type Session } from './session.js';
import { refuseLongBacklog, workOffHere } from './work-off-backlog.js';

const LIGHT: LockMode = 'SHARE UPDATE EXCLUSIVE';
const QUERY_CANCELED = '57014';

/** The attempt's time for all strong locks together is over. `lock_timeout` alone would count anew for each of them. */
export class LockBudgetSpentError extends Error {
  override readonly name = 'LockBudgetSpentError';
}

/**
 * In the operation's transaction. Afterwards its statements have the plan's `statement_timeout`, and for a lock that
 * nobody foretold the attempt's wait. Rejects with a DatabaseError (55P03, 40P01), a LockBudgetSpentError or a BacklogTooLongError.
 */
export async function lockTables(
  operation: StatementOperation,
  attempt: LockAttempt,
  session: Session,
  { clock, limits }: Pick<Execution, 'clock' | 'limits'>,
): Promise<void> {
  const tables = operation.lockFirst;
  if (tables.length > 0) {
    await setTimeouts(session, attempt.lightWaitMs, attempt.lightWaitMs * tables.length);
    await session.query(`LOCK TABLE ${tables.join(', ')} IN ${LIGHT} MODE`);
    if (operation.backlog !== undefined) {
      await setTimeouts(session, attempt.waitMs, limits.statementTimeoutMs);
      // To compile a query takes longer than to ask it for a few keys, and under the locks others wait for that.
      await session.query('SET LOCAL jit = off');
      await workOffHere(operation, session);
    }
    const beganAt = clock.now();
    for (const { mode, tables: together } of strongLocks(operation)) {
      const leftMs = Math.max(1, attempt.waitMs - (clock.now() - beganAt));
      await setTimeouts(session, leftMs, leftMs);
      const askedAt = clock.now();
      try {
        await session.query(`LOCK TABLE ${together.join(', ')} IN ${mode} MODE`);
      } catch (error) {
        // Somebody may also have cancelled it: then it has not waited so long.
        const cancelled = error instanceof DatabaseError && error.facts.sqlstate === QUERY_CANCELED;
        if (!cancelled || clock.now() - askedAt < leftMs - 1) throw error;
        throw new LockBudgetSpentError(`the locks could not be had within ${attempt.waitMs} ms`, { cause: error });
      }
    }
  }
  await setTimeouts(session, attempt.waitMs, limits.statementTimeoutMs);
  await refuseLongBacklog(operation, session);
}

/** For a statement whose lock holds up nobody: as long as it takes. Autovacuum gives way here too. */
export async function lockTablesUnlimited(operation: StatementOperation, session: Session): Promise<void> {
  if (operation.lockFirst.length === 0) return;
  await session.query(`LOCK TABLE ${operation.lockFirst.join(', ')} IN ${LIGHT} MODE`);
}

interface LockTogether {
  readonly mode: LockMode;
  readonly tables: readonly string[];
}

/**
 * What the statements will take on the same tables, in the given order; neighbours with one mode in one statement. Taken
 * explicitly, the time to wait for locks ends before the work begins, so that it does not cut off the work.
 */
function strongLocks({ lockFirst, locks }: StatementOperation): readonly LockTogether[] {
  const together: { mode: LockMode; tables: string[] }[] = [];
  for (const table of lockFirst) {
    const mode = locks
      .filter(({ relation }) => relation === table)
      .map((lock) => lock.mode)
      .reduce(strongerLock, LIGHT);
    if (LOCK_MODES.indexOf(mode) <= LOCK_MODES.indexOf(LIGHT)) continue;
    const last = together.at(-1);
    if (last?.mode === mode) last.tables.push(table);
    else together.push({ mode, tables: [table] });
  }
  return together;
}

async function setTimeouts(session: Session, lockMs: number, statementMs: number): Promise<void> {
  await session.query(`SET LOCAL lock_timeout = ${lockMs}; SET LOCAL statement_timeout = ${statementMs}`);
}
