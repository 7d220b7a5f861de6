/** What stands in the way of a unique index and is the run's own making: made anew, so that the build can be tried again, or shown. */
import type { StatementOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import type { Execution } from './execution.js';
import type { RecordedError } from './journal.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { runTransaction } from './run-transaction.js';
import type { DatabaseError } from './session.js';

const UNIQUE_VIOLATION = '23505';

/** `undefined`: it is not that. `mended`: another try may succeed. Else what a person should see. */
export async function mendDuplicates(
  operation: StatementOperation,
  error: DatabaseError,
  execution: Execution,
): Promise<'mended' | RecordedError | undefined> {
  const { onDuplicate } = operation;
  if (onDuplicate === undefined || error.facts.sqlstate !== UNIQUE_VIOLATION) return undefined;
  return persist(execution, operation, (session) =>
    runTransaction(
      execution,
      session,
      async () => {
        const { violations, samples } = await ask(onDuplicate.found, session);
        if (violations === 0) return undefined;
        if (onDuplicate.mend === null) return { ...recordedError(error), code: 'keys_collide', rows: samples };
        await session.query(onDuplicate.mend);
        return 'mended' as const;
      },
      // Nobody has looked for them before: all of a table is read.
      { statementTimeoutMs: 0 },
    ),
  );
}
