/**
 * What becomes of a row that made a batch of one row fail: it is set aside, within the budget of its operation, or the
 * operation ends with the row shown. Finding it belongs to `suspects`.
 */
import type { BatchOperation, BatchTemplate } from '../operation/operation.js';
import { keysOfRange, rowAsJson } from '../sql/key-range.js';
import { bounds, sameKey, work, type Bounds, type FailedPortion, type FailedPortionError } from './batch.js';
import type { Execution } from './execution.js';
import { idOf, type PoisonRow, type RecordedError } from './journal.js';
import { recordedError } from './recorded-error.js';
import { isRowError, type RowCausedError } from './row-error.js';
import { runTransaction } from './run-transaction.js';
import { serverTime } from './server-clock.js';
import type { Session } from './session.js';
import type { Suspects } from './suspects.js';

/** The operation ends with the problem, or its walk goes on. */
export type Settled = { readonly problem: RecordedError } | 'smaller' | SetAside;

interface SetAside {
  readonly key: readonly string[];
  /** How many rows of the operation stand aside now. */
  readonly standing: number;
}

/** Characters of a value that are kept and shown. */
const LONGEST_VALUE = 500;

export async function settlePoison(
  operation: BatchOperation,
  { failed, cause }: FailedPortionError,
  suspects: Suspects,
  session: Session,
  execution: Execution,
): Promise<Settled> {
  const { portion, end } = failed;
  if (portion.rows > 1) return 'smaller';
  // Nothing was left to walk, and it failed all the same.
  if (end === null) return { problem: recordedError(cause) };
  const settled = await runTransaction(execution, session, () =>
    settle(operation, { ...failed, end }, cause, suspects, session, execution),
  );
  if (settled !== 'smaller' && 'standing' in settled) {
    const { id, step, quarantine } = operation;
    execution.observe({ type: 'set aside', operation: id, step, reason: cause.message, ...settled, quarantine });
  }
  return settled;
}

async function settle(
  operation: BatchOperation,
  { template, claim: before, portion, end }: FailedPortion & { readonly end: readonly string[] },
  cause: RowCausedError,
  suspects: Suspects,
  session: Session,
  { journal, run }: Execution,
): Promise<Settled> {
  const { id, quarantine, walk } = operation;
  // First, because takeovers lock operations before ranges: no other worker, here or elsewhere, counts at the same time.
  if (quarantine > 0) await journal.lockedState(session, run, id);
  const claim = await journal.claimRange(session, run, id, before.number);
  const bound: Bounds = { cursor: before.cursor, upper: end };
  // Since it failed another worker may have met the row, or the application may have deleted it or put another before it:
  // a cursor that is moved past two rows loses one.
  if (claim === null || !sameKey(claim.cursor, before.cursor)) return 'smaller';
  const hasLower = bound.cursor !== null;
  const { rows: keys } = await session.query<{ key: readonly string[] }>(
    keysOfRange(walk, { hasLower }),
    bounds(bound),
  );
  if (keys.length !== 1 || !sameKey(keys[0]!.key, end)) return 'smaller';
  if (await failsWithoutRows(operation, template, end, session)) return { problem: recordedError(cause) };

  const poison = poisonRow(end, await readRow(operation, end, session), cause);
  const aside = quarantine === 0 ? 0 : await journal.standingAside(session, run, id);
  if (aside < quarantine) {
    await journal.setAside(session, run, claim, poison);
    suspects.passed(claim, portion, end);
    return { key: end, standing: aside + 1 };
  }
  return { problem: rowFailed(operation, poison, cause, aside, await serverTime(session)) };
}

/**
 * Whether the statement fails over no rows at all: a constant that cannot be computed, a trigger of the statement, a
 * condition that the server evaluates on rows outside the range. Then it is not this row's fault, and its neighbours would
 * fail like it.
 */
async function failsWithoutRows(
  operation: BatchOperation,
  template: BatchTemplate,
  key: readonly string[],
  session: Session,
): Promise<boolean> {
  return (await undone(session, () => work(operation, template, { cursor: key, upper: key }, session))) === 'row error';
}

/** Null where the row cannot even be read: a generated column that is computed when it is read. */
export async function readRow(
  operation: BatchOperation,
  key: readonly string[],
  session: Session,
): Promise<PoisonRow['row']> {
  const read = await undone(session, () =>
    session.query<{ row: PoisonRow['row'] }>(rowAsJson(operation.walk, LONGEST_VALUE), key),
  );
  return read === 'row error' ? null : (read.rows[0]?.row ?? null);
}

/** Leaves nothing behind, whatever it did. */
async function undone<T>(session: Session, attempt: () => Promise<T>): Promise<T | 'row error'> {
  await session.query('SAVEPOINT lockstep_attempt');
  try {
    return await attempt();
  } catch (error) {
    if (!isRowError(error)) throw error;
    return 'row error';
  } finally {
    await session.query('ROLLBACK TO SAVEPOINT lockstep_attempt');
  }
}

export function poisonRow(key: readonly string[], row: PoisonRow['row'], cause: RowCausedError): PoisonRow {
  const { message, detail = null } = recordedError(cause);
  return { key, row, sqlstate: cause.facts.sqlstate, message, detail };
}

function rowFailed(
  { walk, quarantine }: BatchOperation,
  poison: PoisonRow,
  cause: RowCausedError,
  aside: number,
  timestamp: string,
): RecordedError {
  const key = Object.fromEntries(walk.key.map(({ name }, index) => [name, poison.key[index]!]));
  const named = Object.entries(key).map(([name, value]) => `${name} = ${value}`);
  const { detail } = recordedError(cause);
  const spent = `${aside} rows stand aside already, as many as on_error.quarantine allows (${quarantine})`;
  const parts = [
    ...(detail === undefined ? [] : [detail]),
    ...(aside === 0 ? [] : [spent]),
    `the row of ${walk.relation} with ${named.join(', ')}`,
  ];
  const rows = poison.row === null ? [] : [poison.row];
  const record = { table: walk.relation, id: idOf(poison.key), error: poison.message, timestamp };
  return { ...recordedError(cause), code: 'row_failed', detail: parts.join('; '), key, rows, record };
}
