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
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import { SUPPRESSED } from './upheld-keys.js';

/** A foreign key of another table to the target. */
export interface Referrer {
  /** Key of the table. */
  readonly table: string;
  /** Names that are not quoted, each with the target's column that it refers to. */
  readonly columns: readonly (readonly [own: string, referred: string])[];
}

/**
 * `referrers`: a row that one of them refers to stays and is reported. Deleting it would fail, or, where the key cascades,
 * take rows of others with it. `suppressed`: the triggers of the target do not fire, nor those behind foreign keys to it.
 */
export function uncopyWork(
  mapping: Mapping,
  walk: KeyWalk,
  copyOperation: string,
  { referrers, suppressed }: { readonly referrers: readonly Referrer[]; readonly suppressed: boolean },
): BatchWork {
  const target = sqlName(mapping.target);
  const walked = walk.key.map(({ name }) => name);
  const condition = targetCondition(mapping);
  const keyTexts = mapping.key.map(({ name }) => `c.${name}::text`).join(', ');
  const columns = [...new Set([...walked, ...mapping.key.map(({ name }) => name)])];
  const ours = `run_id = ${RUN_ID} AND operation_id = ${quoteLiteral(copyOperation)}`;
  const referred = referrers.map(({ table, columns: pairs }) => {
    const same = pairs.map(([own, to]) => `r.${quoteIdentifier(own)} = ${target}.${quoteIdentifier(to)}`);
    return `EXISTS (SELECT FROM ${table} AS r WHERE ${same.join(' AND ')})`;
  });
  if (suppressed) referred.push(othersRefer(target, referrers));
  const among = `${condition === '' ? '' : `${condition} AND `}${RANGE}`;
  // FOR UPDATE re-reads a row that somebody changes meanwhile, so `ours` is said of the version that is deleted.
  const text = `WITH candidate AS MATERIALIZED (
SELECT ${columns.map((name) => `${target}.${name}`).join(', ')}, ${target}.xmin AS lockstep_written_by,
  ${target}.xmin IN (SELECT b.xid::xid FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL) AS lockstep_ours,
  ${referred.length === 0 ? 'false' : `(${referred.join(' OR ')})`} AS lockstep_referred
FROM ${target}
WHERE ${among}
FOR UPDATE
), removed AS (
DELETE FROM ${target} USING candidate AS c
WHERE ${walked.map((name) => `${target}.${name} = c.${name}`).join(' AND ')} AND ${RANGE} AND c.lockstep_ours AND NOT c.lockstep_referred
RETURNING 1
), since AS (
SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
WHERE NOT c.lockstep_ours
  AND age(c.lockstep_written_by) <= (SELECT max(age(b.xid::xid)) FROM lockstep.batch AS b WHERE ${ours} AND b.xid IS NOT NULL)
  AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${ours} AND a.key = ARRAY[${keyTexts}])
UNION ALL
SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
)
SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
  (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped, (SELECT count(*) FROM since) AS kept,
  (SELECT json_agg(json_build_object('what', s.lockstep_what, 'row', to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what')) FROM (SELECT * FROM since LIMIT 10) AS s) AS findings,
  NULL::json AS problem`;
  // Behind these locks nobody can begin to refer to a row, and who has begun before is seen by the next statement.
  const lock = `SELECT count(*) FROM (SELECT FROM ${target} WHERE ${among} FOR UPDATE) AS locked`;
  return {
    strategy: `only rows whose present version a batch of the run wrote${suppressed ? SUPPRESSED : ''}`,
    lock: referred.length === 0 ? null : splitAtRange(lock),
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: target,
    explain: `DELETE FROM ${target}`,
    provenance: false,
    ...(suppressed && { userTriggers: 'suppress' }),
  };
}

/** Of a table that began to refer to the target since, nobody would hold the rows: then every row counts as referred to. */
function othersRefer(target: string, referrers: readonly Referrer[]): string {
  const known = referrers.map(({ table }) => `pg_catalog.to_regclass(${quoteLiteral(table)})::oid`);
  const names = `pg_catalog.array_remove(ARRAY[${known.join(', ')}]::oid[], NULL)`;
  const oid = `${quoteLiteral(target)}::pg_catalog.regclass`;
  return `EXISTS (SELECT FROM pg_catalog.pg_constraint AS f WHERE f.contype = 'f' AND f.conparentid = 0 AND f.conrelid <> ALL (${names})
    AND (f.confrelid = ${oid} OR f.confrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(${oid}))))`;
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
