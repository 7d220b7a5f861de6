/**
 * Rows that were copied and cannot be told from others any more. A job that rewrites a table (pg_repack, pg_squeeze, REPACK
 * CONCURRENTLY, an ALTER TABLE that changes a type, dump and restore) gives all its rows the id of its own transaction; VACUUM FULL
 * and CLUSTER do not. The file of the table tells that it was rewritten. Whose the rows were their content can only suggest:
 * so they are counted, said and kept.
 */
import { expectedRows, rowsDiffer, sameKey, sqlName, type Mapping } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';

const CHANGED = 'pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node';

/** Whether a table of the copy has other files than when the copy began; false for a run that did not note them. */
export function isRewritten(copyOperation: string): string {
  return `EXISTS (SELECT FROM lockstep.file_node AS f WHERE ${noted(copyOperation)} AND ${CHANGED})`;
}

/** The same on another server: there the ids of transactions are others', and one that is equal says nothing. */
export function isElsewhere(copyOperation: string): string {
  return `EXISTS (SELECT FROM lockstep.file_node AS f WHERE ${noted(copyOperation)} AND ${CHANGED}
  AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system()))`;
}

function noted(copyOperation: string): string {
  return `f.run_id = ${RUN_ID} AND f.operation_id = ${quoteLiteral(copyOperation)}`;
}

/** Its violations are the rows that say what was copied, and carry the id of neither our batches nor of somebody before them. */
export function rowsCanBeTold(mapping: Mapping, copyOperation: string): CheckQuery {
  const target = sqlName(mapping.target);
  const ours = `b.run_id = ${RUN_ID} AND b.operation_id = ${quoteLiteral(copyOperation)} AND b.xid IS NOT NULL`;
  const key = mapping.key.map(({ name }) => name);
  const columns = mapping.columns.map(({ name }) => `t.${name}`).join(', ');
  const keyTexts = key.map((name) => `t.${name}::text`).join(', ');
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  // Nothing is read of either side where the tables have their files: the condition is asked once.
  const rows = `SELECT ${key.map((name) => `t.${name}`).join(', ')}
FROM (SELECT ${columns}, t.xmin AS lockstep_written_by FROM ${target} AS t) AS t
JOIN (${expectedRows(mapping)}) AS e ON ${sameKey('t', 'e', mapping)}
WHERE (SELECT ${isRewritten(copyOperation)}) AND NOT ${rowsDiffer('t', 'e', rest)}
  AND ((SELECT ${isElsewhere(copyOperation)}) OR t.lockstep_written_by NOT IN (SELECT b.xid::xid FROM lockstep.batch AS b WHERE ${ours})
    AND age(t.lockstep_written_by) <= (SELECT max(age(b.xid::xid)) FROM lockstep.batch AS b WHERE ${ours}))
  AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = ${RUN_ID} AND a.operation_id = ${quoteLiteral(copyOperation)} AND a.key = ARRAY[${keyTexts}])`;
  return {
    check: 'provenance',
    name: `the rows copied into ${target} can still be told from others`,
    severity: 'warning',
    rows,
    summary: summarise(rows, 3),
    mask: [],
  };
}
