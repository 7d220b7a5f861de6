/**
 * How many rows the next batch takes. Grows half of the way to what would have fitted, and by at most half; shrinks at once to
 * what would have fitted, and never below one row: a batch that was too slow held its row locks too long already, one that was
 * too fast cost nothing but time, and may have been so by chance.
 */
import type { Limits } from '../operation/operation-graph.js';
import type { Pace } from '../operation/operation.js';
import { DatabaseError } from './session.js';

export interface PacedBatch {
  /** Rows that it was to take. */
  readonly size: number;
  readonly durationMs: number;
  /** Its range ended before: it took fewer, so that it was fast says nothing. */
  readonly short: boolean;
}

/** Between a tenth and one and a half of the size of the batch that has just been committed. */
export function nextBatchSize(pace: Pace, { size, durationMs, short }: PacedBatch): number {
  if (pace.targetMs === null) return size;
  const fitting = (size * pace.targetMs) / Math.max(durationMs, 1);
  const grown = short ? size : Math.min((size + fitting) / 2, size * 1.5);
  const next = fitting > size ? grown : Math.max(fitting, size / 10);
  return Math.max(1, Math.round(Math.min(next, pace.maxRows)));
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
