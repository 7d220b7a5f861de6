/** A gate: open when every condition that it names holds. Nothing waits in the process; an unmet gate ends the run's turn. */
import type { GateOperation } from '../operation/operation.js';
import { formatDuration } from '../kernel/duration.js';
import type { Ended, Execution } from './execution.js';
import type { OperationState } from './journal.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import { FencedError } from './journal.js';
import { StoppedError } from './stop-request.js';

export async function runGateOperation(
  operation: GateOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  const { journal, run } = execution;
  try {
    return await persist(execution, operation, (session) =>
      runTransaction(execution, session, async (): Promise<Ended> => {
        // The hold counts from here, by the clock of the database.
        if (from !== 'waiting') await journal.moveOperation(session, run, operation.id, 'waiting');
        const approvals = await journal.approvals(session, run, operation.id);
        const waitedMs = await journal.waitedMs(session, run, operation.id);
        const missing: string[] = [];
        if (operation.approval !== null && approvals.length === 0) missing.push(`approval by ${operation.approval}`);
        const leftMs = (operation.holdMs ?? 0) - waitedMs;
        if (leftMs > 0) missing.push(`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} of its hold`);
        if (missing.length > 0) return { state: 'waiting', outcome: { reason: `waits for ${missing.join(' and ')}` } };
        const by = approvals.map((approval) => approval.by).join(', ');
        return { state: 'done', outcome: { reason: by === '' ? 'the hold has passed' : `approved by ${by}` } };
      }),
    );
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof StoppedError) return { state: 'stopped' };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
}
