/** What a statement operation must find: its assertions. A violation means that nothing of it happens. */
import type { StatementOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import type { RecordedError } from './journal.js';
import type { Session } from './session.js';

/** The operation ends, for a reason that is no error of the server's. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  constructor(readonly recorded: RecordedError) {
    super(recorded.message);
  }
}

/** Rejects with a RefusedError at the first one that does not hold. */
export async function assertAll(operation: StatementOperation, session: Session): Promise<void> {
  for (const assertion of operation.assertions) {
    const answer = await ask(assertion, session);
    if (answer.violations === 0) continue;
    throw new RefusedError({ code: 'assertion_failed', message: assertion.name, rows: answer.samples });
  }
}
