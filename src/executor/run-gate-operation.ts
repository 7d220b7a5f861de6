/**
 * A gate: asks in each turn anew whether all is there that it names, and remembers no answer but to show it. Nothing waits
 * in the process; an unmet gate ends the run's turn. Whether it opens is decided in `gate-verdict`.
 */
import { approverText } from '../operation/approvers.js';
import { checksOfGate, type AskedCheck } from '../operation/gate.js';
import type { GateOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import type { Ended, Execution } from './execution.js';
import { gateVerdict } from './gate-verdict.js';
import { FencedError, type Approval, type OperationState, type RecordedError } from './journal.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import { serverMs } from './server-clock.js';
import { StoppedError } from './stop-request.js';

export async function runGateOperation(
  operation: GateOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  try {
    if (from !== 'waiting') await reach(operation, execution);
    const until = await askAll(operation, execution);
    return await judge(operation, until, execution);
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof StoppedError) return { state: 'stopped' };
    if (error instanceof UnaskedError) return { state: 'failed', outcome: { error: error.recorded } };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
}

/** Committed by itself: the hold counts from here, and somebody may approve, while the checks are still at work. */
function reach(operation: GateOperation, execution: Execution): Promise<void> {
  const { journal, run } = execution;
  return persist(execution, operation, (session) =>
    runTransaction(execution, session, () => journal.moveOperation(session, run, operation.id, 'waiting')),
  );
}

async function askAll(operation: GateOperation, execution: Execution): Promise<readonly AskedCheck[]> {
  const asked: AskedCheck[] = [];
  for (const { id, query } of checksOfGate(operation)) {
    if (execution.stop.aborted) throw new StoppedError('the run is being stopped');
    try {
      const answer = await persist(
        execution,
        operation,
        (session) =>
          // As a check of its own: ACCESS SHARE only, may read for long, and nothing of it stays.
          runTransaction(execution, session, () => ask(query, session), { statementTimeoutMs: 0, rollback: true }),
        { inSlot: true },
      );
      const { check, name, severity } = query;
      asked.push({ id, check, name, severity, answer });
    } catch (error) {
      if (error instanceof StoppedError) throw error;
      const recorded = recordedError(error);
      throw new UnaskedError({ ...recorded, message: `${query.name}: ${recorded.message}` });
    }
  }
  return asked;
}

/** What a check said is not known: not taken for a no, which would let the gate wait for ever. */
class UnaskedError extends Error {
  override readonly name = 'UnaskedError';
  constructor(readonly recorded: RecordedError) {
    super(recorded.message);
  }
}

/** Last: an approval that was given while the checks were asked counts, and hours that closed meanwhile too. */
function judge(operation: GateOperation, until: readonly AskedCheck[], execution: Execution): Promise<Ended> {
  const { journal, run } = execution;
  return persist(execution, operation, (session) =>
    runTransaction(execution, session, async () => {
      const { approval: group } = operation;
      const approvals =
        group === null ? [] : await journal.approvals(session, run, operation.id, group, execution.approvers?.[group]);
      const waitedMs = await journal.waitedMs(session, run, operation.id);
      const nowMs = await serverMs(session);
      return gateVerdict(operation, {
        approvedBy: textsOf(approvals.filter(({ counts }) => counts)),
        notCounted: textsOf(approvals.filter(({ counts }) => !counts)),
        ...{ waitedMs, nowMs, until },
      });
    }),
  );
}

function textsOf(approvals: readonly Approval[]): readonly string[] {
  return approvals.map(({ by, note }) => approverText(by, note));
}
