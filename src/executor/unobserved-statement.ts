/**
 * A statement outside a transaction of which nothing is known but its text. The intent is recorded first: where the answer
 * never comes, the operation is in doubt until a person says whether it has run.
 */
import type { StatementOperation } from '../operation/operation.js';
import { assertAll } from './assert-all.js';
import type { Ended, Execution } from './execution.js';
import type { OperationOutcome, OperationState, RecordedError } from './journal.js';
import { prepareOutside } from './outside-session.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError } from './session.js';
import { backendPid, watchStatement } from './watch-statement.js';

export async function unobservedStatement(
  operation: StatementOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  const { journal, run, database } = execution;
  const move = (to: OperationState, outcome?: OperationOutcome): Promise<void> =>
    persist(execution, operation, (session) =>
      runTransaction(execution, session, () => journal.moveOperation(session, run, operation.id, to, outcome)),
    );
  const word = execution.resolve[operation.step];
  if (from === 'running' || from === 'in doubt') {
    if (word === undefined) {
      if (from === 'running') await move('in doubt');
      return { state: 'in doubt', outcome: { error: inDoubt(operation) } };
    }
    if (word === 'done') return { state: 'done', outcome: { reason: 'the operator said that it has run' } };
  }
  await move('running');
  const { sql, parameters } = operation.statements[0]!;
  try {
    await execution.slots.with(() =>
      database.withSession(async (session) => {
        await prepareOutside(operation, session, execution);
        await assertAll(operation, session);
        const pid = await backendPid(session);
        await watchStatement(execution, operation, pid, () => session.query(sql, parameters));
      }),
    );
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind === 'statement') throw error;
    await move('in doubt', { error: recordedError(error) });
    return { state: 'in doubt', outcome: { error: inDoubt(operation) } };
  }
  return { state: 'done', outcome: {} };
}

function inDoubt(operation: StatementOperation): RecordedError {
  return {
    code: 'in_doubt',
    message: 'a statement outside a transaction was sent and its answer never came',
    detail: `look whether it has run (${operation.label}), then go on with --resolve ${operation.step}=done or --resolve ${operation.step}=again`,
  };
}
