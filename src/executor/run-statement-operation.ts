/**
 * A statement operation, in one of three forms: inside a transaction, outside one where the catalog shows the effect, and
 * outside one where only a person can tell. Owns the choice, and what an error means that none of them expected.
 */
import type { StatementOperation } from '../operation/operation.js';
import { RefusedError } from './assert-all.js';
import type { Ended, Execution } from './execution.js';
import { FencedError, type OperationState } from './journal.js';
import { observedStatement } from './observed-statement.js';
import { recordedError } from './recorded-error.js';
import { StoppedError } from './stop-request.js';
import { statementInTransaction } from './statement-in-transaction.js';
import { unobservedStatement } from './unobserved-statement.js';

export async function runStatementOperation(
  operation: StatementOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  const { transactional, observation } = operation;
  try {
    if (!(await execution.throttle.clear(execution.stop))) return { state: 'stopped' };
    if (transactional) return await statementInTransaction(operation, execution);
    if (observation === null) return await unobservedStatement(operation, from, execution);
    return await observedStatement({ ...operation, observation }, from, execution);
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof StoppedError) return { state: 'stopped' };
    if (error instanceof RefusedError) return { state: 'failed', outcome: { error: error.recorded } };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
}
