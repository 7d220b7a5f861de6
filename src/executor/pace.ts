/**
 * How many rows the next batch takes. Grows by at most half, shrinks at once to what would have fitted, and never below
 * one row: a batch that was too slow held its row locks too long already, one that was too fast cost nothing but time.
 */
import type { Pace } from '../operation/operation.js';

/** The size that would have met the target, between a tenth and one and a half of the last one. */
export function nextBatchSize(pace: Pace, lastSize: number, durationMs: number): number {
  if (pace.targetMs === null) return pace.rows;
  const fitting = (lastSize * pace.targetMs) / Math.max(durationMs, 1);
  const bounded = Math.min(Math.max(fitting, lastSize / 10), lastSize * 1.5, pace.maxRows);
  return Math.max(1, Math.round(bounded));
}
