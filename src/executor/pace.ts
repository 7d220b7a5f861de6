/**
 * How many rows the next batch takes. Grows by at most half, shrinks at once to what would have fitted, and never below
 * one row: a batch that was too slow held its row locks too long already, one that was too fast cost nothing but time.
 */
import type { Limits } from '../operation/operation-graph.js';
import type { Pace } from '../operation/operation.js';
import { DatabaseError } from './session.js';

/** The size that would have met the target, between a tenth and one and a half of the last one. */
export function nextBatchSize(pace: Pace, lastSize: number, durationMs: number): number {
  if (pace.targetMs === null) return lastSize;
  const fitting = (lastSize * pace.targetMs) / Math.max(durationMs, 1);
  const bounded = Math.min(Math.max(fitting, lastSize / 10), lastSize * 1.5, pace.maxRows);
  return Math.max(1, Math.round(bounded));
}

const QUERY_CANCELED = '57014';

/**
 * After a batch that the server ended at its `statement_timeout`; null where it was something else, or fewer rows there are
 * not. An administrator's cancellation has the same SQLSTATE, and comes earlier.
 */
export function sizeAfterTimeout(
  error: unknown,
  rows: number,
  tookMs: number,
  { statementTimeoutMs }: Pick<Limits, 'statementTimeoutMs'>,
): number | null {
  const cancelled = error instanceof DatabaseError && error.facts.sqlstate === QUERY_CANCELED;
  if (!cancelled || statementTimeoutMs === 0 || tookMs < statementTimeoutMs - 1 || rows < 2) return null;
  return Math.max(1, Math.floor(rows / 4));
}
