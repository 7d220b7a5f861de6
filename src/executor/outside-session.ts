/**
 * The session of a statement outside a transaction. It carries the name of its operation from before the statement is sent
 * until the server process ends, so that whoever goes on finds a statement whose client is gone and does not begin beside
 * it.
 */
import { digestOf } from '../kernel/digest.js';
import type { StatementOperation } from '../operation/operation.js';
import { pinSessionSettings, WITHOUT_OTHER_TIMEOUTS } from '../sql/pinned-settings.js';
import type { Execution } from './execution.js';
import type { Session } from './session.js';

/**
 * Nothing cuts the statement off: measured, under a lock_timeout of 500 ms one writer of 1.2 s kills a concurrent build,
 * which leaves an invalid index behind.
 */
export async function prepareOutside(
  operation: StatementOperation,
  session: Session,
  { limits, run, direction }: Execution,
): Promise<void> {
  // Said by name before a run begins; here nothing may slip through.
  if (session.isShared === true)
    throw new Error(`${operation.id} runs outside of a transaction, and the connection is a pooler's`);
  const applicationName = `${prefixOf(run.id, direction)} ${digestOf(operation.id).slice(-8)}`;
  const { searchPath } = limits;
  await session.query(
    pinSessionSettings({ searchPath, lockTimeoutMs: 0, statementTimeoutMs: 0, runId: run.id, applicationName }),
  );
  await session.query(WITHOUT_OTHER_TIMEOUTS);
}

export interface OwnProcess {
  readonly pid: number;
  /** Null: the role may not see it. */
  readonly state: string | null;
}

/**
 * Server processes that run, or are about to run, a statement of this operation for somebody who held the run before us.
 * On the way back it is any statement of the way there: what it makes is about to be taken away.
 */
export async function processesOf(
  operation: StatementOperation,
  session: Session,
  { run, direction }: Execution,
): Promise<readonly OwnProcess[]> {
  const own = `${prefixOf(run.id, direction)} ${digestOf(operation.id).slice(-8)}`;
  const wayThere = `${prefixOf(run.id, 'apply')} `;
  const { rows } = await session.query<OwnProcess>(
    `SELECT pid, state FROM pg_catalog.pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_catalog.pg_backend_pid()
       AND (application_name = $1 OR ($2 AND starts_with(application_name, $3))) ORDER BY pid`,
    [own, direction === 'rollback', wayThere],
  );
  return rows;
}

/** As administrators see it too: `lockstep run 42 apply 1f3a9c07`. */
function prefixOf(run: string, direction: Execution['direction']): string {
  return `lockstep run ${run} ${direction}`;
}
