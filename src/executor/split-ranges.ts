/**
 * Cuts a key space into half-open ranges that workers claim. Owns how many and where; that no key is missed follows from
 * the form: the first range has no lower bound, each begins where the one before it ended, the last ends at the greatest
 * key there was. Rows beyond it came later and are not this operation's.
 */
import type { BatchOperation } from '../operation/operation.js';
import { cutKeys, topKey } from '../sql/key-range.js';
import { quoteLiteral } from '../sql/identifier.js';
import type { NewRange } from './journal.js';
import type { Session } from './session.js';

const RANGES_AT_MOST = 16;
/** Below this, cutting costs more than it balances. */
const ROWS_PER_RANGE = 10_000;
/** Above this, boundaries come from a sample. */
const SAMPLED_BYTES = 8 * 1024 * 1024;
/** What a row takes in a page, roughly: only to guess how many ranges are worth it. */
const BYTES_PER_ROW = 100;

export async function splitRanges(operation: BatchOperation, session: Session): Promise<readonly NewRange[]> {
  const { walk } = operation;
  const top = (await session.query<{ key: readonly string[] }>(topKey(walk))).rows[0]?.key;
  if (top === undefined) return [];
  const bytes = await relationBytes(walk.relation, session);
  const parts = Math.min(RANGES_AT_MOST, Math.ceil(bytes / BYTES_PER_ROW / ROWS_PER_RANGE));
  if (parts <= 1) return [{ lower: null, upper: top }];
  const percent = Math.min(100, (100 * SAMPLED_BYTES) / bytes);
  const cuts = await session.query<{ key: readonly string[] }>(cutKeys(walk, parts, percent));
  // The last cut is the sample's greatest key, at most the top: the top itself takes its place.
  const uppers = [...cuts.rows.slice(0, -1).map((row) => row.key), top];
  return uppers.map((upper, index) => ({ lower: index === 0 ? null : uppers[index - 1]!, upper }));
}

/** Partitions have their own storage, and the partitioned table none. */
async function relationBytes(relation: string, session: Session): Promise<number> {
  const name = quoteLiteral(relation);
  const { rows } = await session.query<{ bytes: string }>(
    `SELECT greatest(pg_relation_size(${name}::regclass), (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(${name}::regclass)))::bigint AS bytes`,
  );
  return Number(rows[0]!.bytes);
}
