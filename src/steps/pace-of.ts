/** How much at a time, and how many at once: as a step says, else as the plan does. */
import { parseDuration } from '../kernel/duration.js';
import type { Pace } from '../operation/operation.js';
import type { BatchFields } from './batch-fields.js';
import type { LowerContext } from './step-definition.js';

export function paceOf(
  { batch = {}, workers }: { readonly batch?: BatchFields; readonly workers?: number },
  { defaults }: Pick<LowerContext, 'defaults'>,
): Pace {
  const { rows = defaults.batch.rows, target, max_rows: maxRows = Math.max(defaults.batch.maxRows, rows) } = batch;
  const targetMs =
    target === undefined ? defaults.batch.targetMs : target === 'off' ? null : (parseDuration(target) ?? null);
  return { rows, targetMs, maxRows, workers: workers ?? defaults.workers };
}
