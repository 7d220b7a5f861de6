/**
 * One batch: claim a range, do its next rows, move its checkpoint, all in one transaction. Effect and checkpoint are one
 * commit, so a crash between them does not exist; what a lost COMMIT did is read from the range itself, under its lock, by
 * whoever claims it next.
 */
import type { BatchCounts, BatchOperation, BatchProblem, BatchTemplate } from '../operation/operation.js';
import { endOfBatch, rangeCondition } from '../sql/key-range.js';
import type { Execution } from './execution.js';
import type { RangeClaim } from './journal.js';
import { runTransaction } from './run-transaction.js';
import type { Session } from './session.js';

export interface CommittedBatch {
  readonly rows: number;
  readonly skipped: number;
  readonly durationMs: number;
  readonly cursor: readonly string[];
}

/** The batch was rolled back because its own counts did not add up. */
export class BatchProblemError extends Error {
  override readonly name = 'BatchProblemError';
  constructor(readonly problem: BatchProblem) {
    super(problem.code);
  }
}

/** `template`: one of the operation's. Null where no range could be claimed: all are done, or others hold what is left. */
export async function runBatch(
  operation: BatchOperation,
  template: BatchTemplate,
  size: number,
  lockTimeoutMs: number,
  session: Session,
  execution: Execution,
): Promise<CommittedBatch | null> {
  const { journal, run, clock } = execution;
  let beganAt = 0;
  const batch = await runTransaction(
    execution,
    session,
    async () => {
      const claim = await journal.claimRange(session, run, operation.id);
      if (claim === null) return null;
      beganAt = clock.now();
      const end = await findEnd(operation, claim, size, session);
      const cursor = end ?? claim.upper;
      const counts = await work(operation, template, { ...claim, upper: cursor }, session);
      const record = { cursor, done: end === null, counts, durationMs: clock.now() - beganAt };
      await journal.checkpoint(session, run, claim, { ...record, provenance: operation.work.provenance });
      return { rows: counts.read, skipped: counts.skipped, cursor };
    },
    { lockTimeoutMs },
  );
  // With the commit: its flush is part of what others wait for.
  return batch === null ? null : { ...batch, durationMs: clock.now() - beganAt };
}

async function findEnd(
  operation: BatchOperation,
  claim: RangeClaim,
  size: number,
  session: Session,
): Promise<readonly string[] | null> {
  const sql = endOfBatch(operation.walk, { hasLower: claim.cursor !== null }, size);
  const { rows } = await session.query<{ key: readonly string[] }>(sql, bounds(claim));
  return rows[0]?.key ?? null;
}

async function work(
  operation: BatchOperation,
  template: BatchTemplate,
  claim: RangeClaim,
  session: Session,
): Promise<BatchCounts> {
  const { lock, rangeOf } = operation.work;
  const range = rangeCondition(rangeOf, operation.walk.key, { hasLower: claim.cursor !== null });
  if (lock !== null) await session.query(lock.join(range), bounds(claim));
  const { rows } = await session.query<RawCounts>(template.join(range), bounds(claim));
  const counts = readCounts(rows[0]!);
  if (counts.problem !== null) throw new BatchProblemError(counts.problem);
  return counts;
}

function bounds(claim: RangeClaim): readonly string[] {
  return [...(claim.cursor ?? []), ...claim.upper];
}

/** bigint arrives as text. */
type RawCounts = { readonly [Count in 'read' | 'changed' | 'skipped' | 'kept']: string } & {
  readonly findings: BatchCounts['findings'] | null;
  readonly problem: BatchProblem | null;
};

function readCounts(raw: RawCounts): BatchCounts {
  return {
    read: Number(raw.read),
    changed: Number(raw.changed),
    skipped: Number(raw.skipped),
    kept: Number(raw.kept),
    findings: raw.findings ?? [],
    problem: raw.problem,
  };
}
