/** Claims and checkpoints of ranges in the journal in memory. */
import type { BatchRecord, RangeClaim, RunHandle } from '../../../src/executor/journal.js';
import type { Counts } from '../../../src/executor/run-types.js';
import type { Backend } from './backend.js';
import { rowsOf, type RangeRow } from './journal-rows.js';
import { refuseWrite } from './memory-fence.js';

export function claimOf({ operation, number, cursor, lower, upper }: RangeRow): RangeClaim {
  return { operation, number, cursor: cursor ?? lower, upper };
}

export async function writeCheckpoint(
  backend: Backend,
  run: RunHandle,
  claimed: RangeClaim,
  { cursor, done, counts, quarantined = 0 }: BatchRecord,
): Promise<void> {
  const rows = rowsOf(backend);
  const find = (): RangeRow | undefined => {
    const range = rows.ranges(run, claimed.operation).find(({ number }) => number === claimed.number);
    const isThere = range !== undefined && range.epoch === run.epoch && !range.done;
    return isThere && JSON.stringify(claimOf(range).cursor) === JSON.stringify(claimed.cursor) ? range : undefined;
  };
  const before = find();
  if (before !== undefined) await backend.lock(rows.rangeKey(run, before));
  const range = find();
  if (range === undefined)
    return refuseWrite(backend, run, claimed.operation, `has no range ${claimed.number} that is where the batch began`);
  rows.putRange(run, { ...range, cursor, done, counts: added(range.counts, { ...counts, quarantined, batches: 1 }) });
}

export function added(sum: Counts, { read, changed, skipped, kept, quarantined, batches }: Counts): Counts {
  return {
    read: sum.read + read,
    changed: sum.changed + changed,
    skipped: sum.skipped + skipped,
    kept: sum.kept + kept,
    quarantined: sum.quarantined + quarantined,
    batches: sum.batches + batches,
  };
}
