/**
 * A statement operation. Inside a transaction its effect and its record are one commit. Outside one, the intent is
 * recorded first: where the answer never comes, the operation is in doubt until a person says which it was.
 */
import type { StatementOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import type { Ended, Execution } from './execution.js';
import type { OperationOutcome, OperationState, RecordedError } from './journal.js';
import { FencedError } from './journal.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError, type Session } from './session.js';

export async function runStatementOperation(
  operation: StatementOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  try {
    return operation.transactional
      ? await insideTransaction(operation, execution)
      : await outsideTransaction(operation, from, execution);
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof AssertionError) return { state: 'failed', outcome: { error: error.recorded } };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
}

async function insideTransaction(operation: StatementOperation, execution: Execution): Promise<Ended> {
  const { journal, run } = execution;
  return persist(execution, operation, async (session) => {
    // A COMMIT whose answer was lost: what it did stands in the journal, read under the row's lock.
    const known = await journal.lockedState(session, run, operation.id);
    if (known === 'done') return { state: 'done', outcome: {} };
    const outcome: OperationOutcome = {};
    await runTransaction(execution, session, async () => {
      await journal.moveOperation(session, run, operation.id, 'running');
      await assertAll(operation, session);
      for (const { sql, parameters } of operation.statements) await session.query(sql, parameters);
      await journal.moveOperation(session, run, operation.id, 'done', outcome);
    });
    return { state: 'done', outcome };
  });
}

async function outsideTransaction(
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
  const statement = operation.statements[0]!;
  try {
    await database.withSession(async (session) => {
      await assertAll(operation, session);
      await session.query(
        `SET search_path = ${execution.limits.searchPath.map((name) => JSON.stringify(name)).join(', ')}`,
      );
      await session.query(statement.sql, statement.parameters);
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind === 'statement') throw error;
    await move('in doubt', { error: recordedError(error) });
    return { state: 'in doubt', outcome: { error: inDoubt(operation) } };
  }
  return { state: 'done', outcome: {} };
}

class AssertionError extends Error {
  override readonly name = 'AssertionError';
  constructor(readonly recorded: RecordedError) {
    super(recorded.message);
  }
}

async function assertAll(operation: StatementOperation, session: Session): Promise<void> {
  for (const assertion of operation.assertions) {
    const answer = await ask(assertion, session);
    if (answer.violations === 0) continue;
    throw new AssertionError({ code: 'assertion_failed', message: assertion.name, rows: answer.samples });
  }
}

function inDoubt(operation: StatementOperation): RecordedError {
  return {
    code: 'in_doubt',
    message: 'a statement outside a transaction was sent and its answer never came',
    detail: `look whether it has run (${operation.label}), then go on with --resolve ${operation.step}=done or --resolve ${operation.step}=again`,
  };
}
