/** A check operation: asked in a READ ONLY sense (it is rolled back), recorded with count, samples and figures. */
import type { CheckOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import type { Ended, Execution } from './execution.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import { StoppedError } from './stop-request.js';

export async function runCheckOperation(operation: CheckOperation, execution: Execution): Promise<Ended> {
  try {
    const answer = await persist(
      execution,
      operation,
      (session) =>
        // A check takes ACCESS SHARE only and may read for long: no timeout, and nothing of it stays.
        runTransaction(execution, session, () => ask(operation.check, session), {
          statementTimeoutMs: 0,
          rollback: true,
        }),
      { inSlot: true },
    );
    if (answer.violations === 0 || operation.effect !== 'fail') return { state: 'done', outcome: { answer } };
    const message = operation.check.name;
    return { state: 'failed', outcome: { error: { code: 'check_failed', message, rows: answer.samples }, answer } };
  } catch (error) {
    if (error instanceof StoppedError) return { state: 'stopped' };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
}
