/**
 * The way back of a copy: deletes the rows that our batches wrote and that nobody has touched since, and no other.
 *
 * Whose row it is, the row itself says: its `xmin` is the transaction that wrote its present version. The journal keeps
 * the ids of our batches, so "ours, and untouched" is one comparison, exact to the row, at no cost while filling. See
 * docs/decisions/0003-provenance-by-xmin.md.
 */
import type { WalkableKey } from '../../catalog/walkable-key.js';
import { sqlName, targetCondition, type Mapping } from '../../mapping/mapping.js';
import type { BatchWork, KeyWalk } from '../../operation/operation.js';
import { summarise } from '../../operation/check-query.js';
import type { CheckQuery } from '../../operation/check-query.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { RANGE, splitAtRange } from './copy-sql.js';

export function uncopyWork(mapping: Mapping, walk: KeyWalk, copyOperation: string): BatchWork {
  const target = sqlName(mapping.target);
  const walked = walk.key.map(({ name }) => name);
  const condition = targetCondition(mapping);
  const keyTexts = mapping.key.map(({ name }) => `c.${name}::text`).join(', ');
  const columns = [...new Set([...walked, ...mapping.key.map(({ name }) => name)])];
  const ours = `run_id = ${RUN_ID} AND operation_id = ${quoteLiteral(copyOperation)}`;
  // FOR UPDATE re-reads a row that somebody changes meanwhile, so `ours` is said of the version that is deleted.
  const text = `WITH candidate AS MATERIALIZED (
SELECT ${columns.map((name) => `${target}.${name}`).join(', ')}, ${target}.xmin AS lockstep_written_by,
  ${target}.xmin IN (SELECT b.xid::xid FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL) AS lockstep_ours
FROM ${target}
WHERE ${condition === '' ? '' : `${condition} AND `}${RANGE}
FOR UPDATE
), removed AS (
DELETE FROM ${target} AS t USING candidate AS c
WHERE ${walked.map((name) => `t.${name} = c.${name}`).join(' AND ')} AND c.lockstep_ours
RETURNING 1
), since AS (
SELECT c.* FROM candidate AS c
WHERE NOT c.lockstep_ours
  AND age(c.lockstep_written_by) <= (SELECT max(age(b.xid::xid)) FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL)
  AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${ours} AND a.key = ARRAY[${keyTexts}])
)
SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
  (SELECT count(*) FROM candidate WHERE NOT lockstep_ours) - (SELECT count(*) FROM since) AS skipped, (SELECT count(*) FROM since) AS kept,
  (SELECT json_agg(json_build_object('what', 'kept: written by others since', 'row', to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by')) FROM (SELECT * FROM since LIMIT 10) AS s) AS findings,
  NULL::json AS problem`;
  return { template: splitAtRange(text), rangeOf: target, explain: `DELETE FROM ${target}`, provenance: false };
}

export function targetWalk(mapping: Mapping, key: WalkableKey): KeyWalk {
  return { relation: sqlName(mapping.target), index: key.index, key: key.columns.map(sqlKeyColumn) };
}

export function sqlKeyColumn(column: WalkableKey['columns'][number]): KeyWalk['key'][number] {
  const { name, type, collation } = column;
  return { name: quoteIdentifier(name), type, ...(collation !== undefined && { collation }) };
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
    check: 'provenance',
    name: `the rows copied into ${target} can still be told from others`,
    severity: 'error',
    rows,
    summary: summarise(rows, 1),
    mask: [],
  };
}
