/**
 * One batch: claim a range, do its next rows, move its checkpoint, all in one transaction. Effect and checkpoint are one
 * commit, so a crash between them does not exist; what a lost COMMIT did is read from the range itself, under its lock, by
 * whoever claims it next.
 */
import type { BatchCounts, BatchOperation, BatchProblem, BatchTemplate } from '../operation/operation.js';
import { endOfBatch, keyCondition, rangeCondition } from '../sql/key-range.js';
import type { Execution } from './execution.js';
import type { RangeClaim } from './journal.js';
import { isRowError, type RowCausedError } from './row-error.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError, type Session } from './session.js';
import type { Portion, Suspects } from './suspects.js';
import { missingParent, withUserTriggers } from './user-triggers.js';

export interface CommittedBatch {
  readonly rows: number;
  readonly skipped: number;
  readonly durationMs: number;
  readonly cursor: readonly string[];
  /** False for a part of a batch that failed: how long it took says nothing about how many rows fit. */
  readonly atUsualPace: boolean;
  /** The range ended before so many rows were found. */
  readonly short: boolean;
}

const PROBLEMS = {
  rows_left_out: 'a trigger of the target left rows out',
  parent_missing: 'a row refers to one that is not there',
  parent_not_converted: 'a row refers to one that has no new key',
  rows_folded: 'several source rows fold into one target row',
  concurrent_insert: 'somebody else keeps inserting the same rows',
  mirror_silent: 'the mirror of the window is gone or was disabled: writes since then are on one side only',
  target_differs: 'the target holds a row that differs from its source',
} as const;

/** The batch was rolled back because its own counts did not add up. */
export class BatchProblemError extends Error {
  override readonly name = 'BatchProblemError';
  constructor(readonly problem: BatchProblem) {
    super(PROBLEMS[problem.code]);
  }
}

/** A row of the batch made it fail; all of it was rolled back. */
export class FailedPortionError extends Error {
  override readonly name = 'FailedPortionError';
  constructor(
    readonly failed: FailedPortion,
    override readonly cause: RowCausedError,
  ) {
    super(cause.message);
  }
}

export interface FailedPortion {
  readonly template: BatchTemplate;
  readonly claim: RangeClaim;
  readonly portion: Portion;
  /** The key of the last of `portion.rows` rows; null where there were fewer. */
  readonly end: readonly string[] | null;
}

/** `template`: one of the operation's. Null where no range could be claimed: all are done, or others hold what is left. */
export async function runBatch(
  operation: BatchOperation,
  template: BatchTemplate,
  usualRows: number,
  suspects: Suspects,
  lockTimeoutMs: number,
  session: Session,
  execution: Execution,
): Promise<CommittedBatch | null> {
  const { journal, run, clock } = execution;
  let beganAt = 0;
  /** An error of the journal's own statements is nobody's row. */
  const tried: { last?: FailedPortion; rows?: 'refused' | 'written' } = {};
  const inTransaction = async (): Promise<Omit<CommittedBatch, 'durationMs'> | null> => {
    const claim = await journal.claimRange(session, run, operation.id);
    if (claim === null) return null;
    beganAt = clock.now();
    const portion = suspects.portionOf(claim, usualRows);
    const end = await findEnd(operation, { ...claim, upper: portion.upper }, portion.rows, session);
    tried.last = { template, claim, portion, end };
    const cursor = end ?? portion.upper;
    const counts = await work(operation, template, { ...claim, upper: cursor }, session).catch((error: unknown) => {
      if (isRowError(error) && !meetsRow(operation, template, error)) {
        tried.rows = 'refused';
        suspects.failed(claim, portion, cursor);
      }
      throw error;
    });
    const done = end === null && sameKey(portion.upper, claim.upper);
    const { aside = [] } = counts;
    const quarantined = aside.length === 0 ? 0 : await journal.setAsideAlso(session, run, claim, aside);
    const record = { cursor, done, counts, quarantined, durationMs: clock.now() - beganAt };
    await journal.checkpoint(session, run, claim, { ...record, provenance: operation.work.provenance });
    suspects.passed(claim, portion, cursor);
    tried.rows = 'written';
    return {
      rows: counts.read,
      skipped: counts.skipped,
      cursor,
      atUsualPace: portion.pieces.length === 0,
      short: end === null,
    };
  };
  try {
    const batch = await runTransaction(execution, session, inTransaction, { lockTimeoutMs });
    // With the commit: its flush is part of what others wait for.
    return batch === null ? null : { ...batch, durationMs: clock.now() - beganAt };
  } catch (error) {
    const { last, rows } = tried;
    if (last === undefined || rows === undefined || !isRowError(error) || meetsRow(operation, template, error))
      throw error;
    // It came only with COMMIT: a deferred constraint.
    if (rows === 'written') suspects.failed(last.claim, last.portion, last.end ?? last.portion.upper);
    throw new FailedPortionError(last, error);
  }
}

const UNIQUE_VIOLATION = '23505';

/**
 * A row was there already, and the operation has a statement for that: no row is to blame. What was sent decides, not what
 * other workers have found out meanwhile.
 */
export function meetsRow({ work: { onViolation } }: BatchOperation, sent: BatchTemplate, error: unknown): boolean {
  if (onViolation === null || sent === onViolation) return false;
  return error instanceof DatabaseError && error.facts.sqlstate === UNIQUE_VIOLATION;
}

export async function findEnd(
  operation: BatchOperation,
  claim: Bounds,
  rows: number,
  session: Session,
): Promise<readonly string[] | null> {
  const sql = endOfBatch(operation.walk, { hasLower: claim.cursor !== null }, rows);
  const found = await session.query<{ key: readonly string[] }>(sql, bounds(claim));
  return found.rows[0]?.key ?? null;
}

/** Rejects with a BatchProblemError where the counts do not add up. */
export async function work(
  operation: BatchOperation,
  template: BatchTemplate,
  bound: Bounds,
  session: Session,
): Promise<BatchCounts> {
  const range = rangeCondition(operation.work.rangeOf, operation.walk.key, { hasLower: bound.cursor !== null });
  return workAt(operation, template, range, bounds(bound), session);
}

/** As `work`, for the one row with this key; where it is there already, as after a batch that met rows. */
export async function workOnKey(
  operation: BatchOperation,
  key: readonly string[],
  session: Session,
): Promise<BatchCounts> {
  const { template, onViolation, rangeOf } = operation.work;
  return workAt(operation, onViolation ?? template, keyCondition(rangeOf, operation.walk.key), key, session);
}

async function workAt(
  operation: BatchOperation,
  template: BatchTemplate,
  condition: string,
  parameters: readonly string[],
  session: Session,
): Promise<BatchCounts> {
  const { lock } = operation.work;
  const { rows } = await withUserTriggers(operation.work, session, async () => {
    if (lock !== null) await session.query(lock.join(condition), parameters);
    return session.query<RawCounts>(template.join(condition), parameters);
  });
  const counts = readCounts(rows[0]!);
  if (counts.problem !== null) throw missingParent(counts.problem) ?? new BatchProblemError(counts.problem);
  return counts;
}

export type Bounds = Pick<RangeClaim, 'cursor' | 'upper'>;

export function bounds({ cursor, upper }: Bounds): readonly string[] {
  return [...(cursor ?? []), ...upper];
}

/** By the texts that the server gave. */
export function sameKey(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** bigint arrives as text. */
type RawCounts = { readonly [Count in 'read' | 'changed' | 'skipped' | 'kept']: string } & {
  readonly findings: BatchCounts['findings'] | null;
  readonly problem: BatchProblem | null;
  readonly aside?: BatchCounts['aside'] | null;
};

function readCounts(raw: RawCounts): BatchCounts {
  return {
    read: Number(raw.read),
    changed: Number(raw.changed),
    skipped: Number(raw.skipped),
    kept: Number(raw.kept),
    findings: raw.findings ?? [],
    problem: raw.problem,
    ...(raw.aside != null && { aside: raw.aside }),
  };
}
