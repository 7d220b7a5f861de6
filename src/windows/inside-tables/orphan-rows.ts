/**
 * Rows that refer to nothing: how they are found, how their reference becomes NULL, and how it becomes again what it was. All by the
 * names that the columns have while the old side leads, or before there is a window.
 */
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import type { BatchWork, KeyWalk } from '../../operation/operation.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import type { LookedUp, TwinTable } from './columns-window.js';

export interface OrphanedColumn {
  readonly table: Pick<TwinTable, 'name' | 'key'>;
  /** Not quoted. */
  readonly column: string;
  /** Of the column. */
  readonly type: string;
  readonly value: LookedUp;
}

/** The rows themselves; without a foreign key that upholds it a part that is NULL refers to nothing, too. */
export function orphanRows({ table, column, value }: OrphanedColumn): string {
  const child = value.where === null ? table.name : `(SELECT * FROM ${table.name} WHERE (${value.where}\n))`;
  return `SELECT c.* FROM ${child} AS c\nWHERE ${isOrphan(column, value, 'c')}`;
}

function isOrphan(column: string, { parent, parentColumn, also }: LookedUp, row: string): string {
  const pairs = [{ own: column, parent: parentColumn }, ...also];
  const finds = pairs.map((pair) => `p.${quoteIdentifier(pair.parent)} = ${row}.${quoteIdentifier(pair.own)}`);
  return `${row}.${quoteIdentifier(column)} IS NOT NULL AND NOT EXISTS (SELECT FROM ${parent} AS p WHERE ${finds.join(' AND ')})`;
}

/** `operation`: under whose id what is overwritten is kept. */
export function nullOrphansWork(orphaned: OrphanedColumn, operation: string, suppress: boolean): BatchWork {
  const { table, column, value } = orphaned;
  const { name } = table;
  const keys = table.key.map((key) => quoteIdentifier(key.name));
  const old = quoteIdentifier(column);
  const read = [column, ...value.also.map(({ own }) => own)].map(quoteIdentifier);
  const part = value.where === null ? '' : ` AND (${value.where}\n)`;
  // What was seen to refer to nothing, in one snapshot, is what is overwritten: a row that somebody changes meanwhile says
  // something else by then. Asked again of its new version only, its parent would be looked for in the snapshot of before.
  const text = `WITH orphan AS MATERIALIZED (
SELECT ${keys.map((key, index) => `${name}.${key} AS lockstep_k${index}`).join(', ')}, ${read.map((each, index) => `${name}.${each} AS lockstep_v${index}`).join(', ')}
FROM ${name} WHERE ${RANGE}${part} AND ${isOrphan(column, value, name)}
), changed AS (
UPDATE ${name} SET ${old} = NULL
FROM orphan AS o
WHERE ${keys.map((key, index) => `${name}.${key} = o.lockstep_k${index}`).join(' AND ')} AND ${RANGE}${part}
  AND ${read.map((each, index) => `${name}.${each} IS NOT DISTINCT FROM o.lockstep_v${index}`).join(' AND ')}
RETURNING ARRAY[${keys.map((_, index) => `o.lockstep_k${index}::text`).join(', ')}] AS key, ARRAY[o.lockstep_v0::text] AS before, ARRAY[${name}.${old}::text] AS after
), kept AS (
INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
SELECT ${RUN_ID}, ${quoteLiteral(operation)}, key, before, after FROM changed
), met AS (
SELECT count(*) AS read FROM ${name} WHERE ${RANGE}
)
SELECT greatest(read, changed) AS read, changed, greatest(read - changed, 0) AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem
FROM met, (SELECT count(*) AS changed FROM changed) AS written`;
  return {
    strategy: 'update in the order of the key, only rows that refer to nothing; what is overwritten is kept',
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: name,
    explain: `UPDATE ${name} SET ${old} = NULL WHERE ${isOrphan(column, value, name)}${part}`,
    provenance: false,
    ...(suppress && { userTriggers: 'suppress' }),
  };
}

/** Walks what was overwritten, in the order in which it was. */
export function nulledWalk(operation: string): KeyWalk {
  return {
    relation: 'lockstep.before_image',
    index: 'before_image_pkey',
    key: [{ name: 'id', type: 'bigint' }],
    filter: `(k.run_id = ${RUN_ID} AND k.operation_id = ${quoteLiteral(operation)})`,
  };
}

/** Where somebody has written the reference since, his value stays. */
export function restoreOrphansWork(
  { table: { name, key }, column, type }: OrphanedColumn,
  operation: string,
  suppress: boolean,
): BatchWork {
  const old = quoteIdentifier(column);
  const same = key.map((each, index) => `t.${quoteIdentifier(each.name)} = i.key[${index + 1}]::${each.type}`);
  const text = `WITH image AS MATERIALIZED (
SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
WHERE i.run_id = ${RUN_ID} AND i.operation_id = ${quoteLiteral(operation)} AND ${RANGE}
), restored AS (
UPDATE ${name} AS t SET ${old} = i.before[1]::${type}
FROM image AS i
WHERE ${same.join(' AND ')} AND ARRAY[t.${old}::text] = i.after
RETURNING i.id
), since AS (
SELECT i.key, i.before, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN ${name} AS t ON ${same.join(' AND ')}
WHERE i.id NOT IN (SELECT id FROM restored)
)
SELECT (SELECT count(*) FROM image) AS read, (SELECT count(*) FROM restored) AS changed, 0::bigint AS skipped, (SELECT count(*) FROM since) AS kept,
  (SELECT json_agg(json_build_object('what', CASE WHEN row IS NULL THEN 'gone since' ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'row', row)) FROM (SELECT * FROM since LIMIT 10) AS s) AS findings,
  NULL::json AS problem`;
  return {
    strategy: 'the kept values, where nobody has written another one',
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: 'i',
    explain: `UPDATE ${name} SET ${old} = ${old}`,
    provenance: false,
    ...(suppress && { userTriggers: 'suppress' }),
  };
}
