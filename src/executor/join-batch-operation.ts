/**
 * A batch operation that another process runs: works off the ranges that are to be had now, by the same batches under the
 * same fence. Cuts no ranges and moves no operation; what went wrong is left to the process that runs it.
 */
import { batchLockTimeoutMs } from '../operation/lock-budget.js';
import type { BatchOperation } from '../operation/operation.js';
import type { Execution } from './execution.js';
import type { RecordedError } from './journal.js';
import { newCrew, workOff } from './run-batch-operation.js';

/** What it met that another try does not help against. Rejects with a FencedError. */
export async function joinBatchOperation(
  operation: BatchOperation,
  workers: number,
  execution: Execution,
): Promise<RecordedError | null> {
  const { limits, deadlockTimeoutMs } = execution;
  const lockTimeoutMs = batchLockTimeoutMs(operation.pace, limits.lockTimeoutMs, deadlockTimeoutMs);
  // The other process says so, too, and ends.
  if (lockTimeoutMs === undefined) return null;
  const crew = newCrew(operation, { patient: false });
  await Promise.all(Array.from({ length: workers }, () => workOff(operation, lockTimeoutMs, crew, execution)));
  if (crew.fenced !== null) throw crew.fenced;
  return crew.problem;
}
