/** BEGIN … COMMIT with the run's pinned settings, in which everything that a run does to the database happens. */
import { pinSettings } from '../sql/pinned-settings.js';
import type { Execution } from './execution.js';
import type { Session } from './session.js';

export interface RunTransactionOptions {
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** Roll back whatever `work` did. */
  readonly rollback?: boolean;
}

/** Rejects with what `work` or COMMIT rejected with; after a failed `work` the transaction is rolled back. */
export async function runTransaction<T>(
  execution: Pick<Execution, 'limits' | 'run'>,
  session: Session,
  work: () => Promise<T>,
  options: RunTransactionOptions = {},
): Promise<T> {
  const { limits, run } = execution;
  const settings = pinSettings({
    searchPath: limits.searchPath,
    lockTimeoutMs: options.lockTimeoutMs ?? limits.lockTimeoutMs,
    statementTimeoutMs: options.statementTimeoutMs ?? limits.statementTimeoutMs,
    runId: run.id,
  });
  let result: T;
  try {
    // Whatever the role's defaults are: a claim re-reads a range after it waited for its lock, which an older snapshot would
    // not. Inside the try: BEGIN may have been executed although a setting after it was refused.
    await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${settings}`);
    result = await work();
  } catch (error) {
    // A connection that is gone has rolled back by itself; its second error says nothing new.
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await session.query(options.rollback === true ? 'ROLLBACK' : 'COMMIT');
  return result;
}
