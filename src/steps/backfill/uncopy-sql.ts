/**
 * The way back of a copy: deletes the rows that our batches wrote and that nobody has touched since, and no other.
 *
 * Whose row it is, the row itself says: its `xmin` is the transaction that wrote its present version. The journal keeps
 * the ids of our batches, so "ours, and untouched" is one comparison, exact to the row, at no cost while filling. See
 * docs/decisions/0003-provenance-by-xmin.md.
 */
import { sqlName, targetCondition, type Mapping } from '../../mapping/mapping.js';
import type { BatchWork, KeyWalk } from '../../operation/operation.js';
import { summarise } from '../../operation/check-query.js';
import type { CheckQuery } from '../../operation/check-query.js';
import { takeAwayText, type Takeable } from '../../operation/take-away.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { splitAtRange } from '../../operation/batch-template.js';
import { isElsewhere, isRewritten } from './rewritten-rows.js';
import { SUPPRESSED } from './upheld-keys.js';

/**
 * The rows of one copy; with those of other copies that refer to one another in a circle, or each to itself. A row that anybody
 * else refers to stays and is reported: deleting it would fail, or, where the key cascades, take rows of others with it.
 * `suppressed`: the triggers of the target do not fire, nor those behind foreign keys to it.
 */
export function uncopyWork(
  mapping: Mapping,
  walk: KeyWalk,
  copyOperation: string,
  { circle, suppressed }: { readonly circle: readonly Copied[]; readonly suppressed: boolean },
): BatchWork {
  const target = sqlName(mapping.target);
  const columns = [...new Set([...walk.key.map(({ name }) => name), ...mapping.key.map(({ name }) => name)])];
  const text = takeAwayText({
    rows: copiedRows({ mapping, operation: copyOperation }),
    with: circle.map(copiedRows),
    kept: whyKept(copyOperation),
    shown: columns,
  });
  return {
    strategy: `only rows whose present version a batch of the run wrote, and to which nobody refers${suppressed ? SUPPRESSED : ''}`,
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: target,
    explain: `DELETE FROM ${target}`,
    provenance: false,
    ...(suppressed && { userTriggers: 'suppress' }),
  };
}

/** A mapping, and the operation that copied its rows. */
export interface Copied {
  readonly mapping: Mapping;
  readonly operation: string;
}

/** SQL over a row `c` that stays; NULL: it was there before the copy began. */
function whyKept(operation: string): string {
  const since = `CASE WHEN (SELECT ${isRewritten(operation)}) THEN 'kept: the table was rewritten since, whose it is cannot be told' ELSE 'kept: written by others since' END`;
  return `CASE WHEN c.lockstep_since AND NOT c.lockstep_there THEN ${since} END`;
}

function copiedRows({ mapping, operation }: Copied): Takeable {
  const target = sqlName(mapping.target);
  const ours = `run_id = ${RUN_ID} AND operation_id = ${quoteLiteral(operation)}`;
  const keyTexts = mapping.key.map(({ name }) => `c.${name}::text`).join(', ');
  return {
    table: target,
    partitioned: mapping.target.kind === 'partitioned table',
    condition: targetCondition(mapping),
    marks: [`${target}.xmin AS lockstep_written_by`],
    judgement: [
      `NOT (SELECT ${isElsewhere(operation)}) AND c.lockstep_written_by IN (SELECT b.xid::xid FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL) AS lockstep_ours`,
      `(SELECT ${isElsewhere(operation)}) OR coalesce(age(c.lockstep_written_by) <= (SELECT max(age(b.xid::xid)) FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL), false) AS lockstep_since`,
      `EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${ours} AND a.key = ARRAY[${keyTexts}]) AS lockstep_there`,
    ],
    goes: 'c.lockstep_ours',
  };
}

/**
 * Transaction ids are compared by their low 32 bits, as the rows carry them: sound while our batches lie within the last
 * two thousand million transactions, and refused beyond.
 */
export function provenanceIsFresh(copyOperation: string, target: string): CheckQuery {
  const rows = `SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
FROM lockstep.batch AS b WHERE run_id = ${RUN_ID} AND operation_id = ${quoteLiteral(copyOperation)}
HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000`;
  return {
    check: 'provenance_age',
    name: `the transactions that copied into ${target} are recent enough to be compared`,
    severity: 'error',
    rows,
    summary: summarise(rows, 1),
    mask: [],
  };
}
