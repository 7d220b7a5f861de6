/**
 * The batch statements of a fill in place and of its way back. The values that are overwritten are kept, by key, in the
 * batch's own transaction; the way back restores them only where the value is still the one that was written.
 */
import type { WalkableKey } from '../../catalog/walkable-key.js';
import { anyDiffers, comparableType } from '../../mapping/mapping.js';
import type { BatchWork, KeyWalk } from '../../operation/operation.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import { columnsOfKeys, problemOr, SUPPRESSED, upheldExpressions, type UpheldKey } from './upheld-keys.js';

export interface Fill {
  /** Key of the table. */
  readonly table: string;
  readonly columns: readonly FilledColumn[];
  readonly where: string | null;
  readonly key: WalkableKey;
  /** Null: the triggers of the table fire. Else they do not, nor those behind its foreign keys: these are looked up. */
  readonly upheld: readonly UpheldKey[] | null;
}

export interface FilledColumn {
  /** Quoted as SQL. */
  readonly name: string;
  readonly type: string;
  readonly expression: string;
  /** The step that adds the column, empty, and takes it away again; null for one that was there. */
  readonly goesWith: string | null;
}

export function fillWork(fill: Fill, operation: string): BatchWork {
  const wasEmpty = fill.columns.every(({ goesWith }) => goesWith !== null);
  const strategy = wasEmpty
    ? 'update in the order of the key; what the columns held need not be kept, they held nothing'
    : 'update in the order of the key, rows locked first; what is overwritten is kept';
  return {
    strategy: fill.upheld === null ? strategy : `${strategy}${SUPPRESSED}`,
    lock: null,
    template: splitAtRange(wasEmpty ? emptyText(fill) : keepingText(fill, operation)),
    onViolation: null,
    rangeOf: fill.table,
    explain: `UPDATE ${fill.table} SET ${fill.columns.map((column) => `${column.name} = (${column.expression}\n)`).join(', ')}${fill.where === null ? '' : `\nWHERE (${fill.where}\n)`}`,
    provenance: false,
    ...(fill.upheld !== null && { userTriggers: 'suppress' }),
  };
}

/** The names stand for the row as it was written. */
function returnedOf(parents: readonly UpheldKey[], of: string): readonly string[] {
  return columnsOfKeys(parents).map((column) => `${of}.${column}`);
}

function conditionOf({ where }: Fill): string {
  return where === null ? '' : `(${where}\n) AND `;
}

function valueOf({ expression, type }: FilledColumn): string {
  return `(${expression}\n)::${comparableType(type)}`;
}

/** One UPDATE computes from the newest version of each row, also of one that somebody is changing (READ COMMITTED). */
function emptyText(fill: Fill): string {
  const { table, columns } = fill;
  const parents = fill.upheld ?? [];
  const compared = columns.map((column) => ({
    left: `${table}.${column.name}`,
    right: valueOf(column),
    type: column.type,
  }));
  return `WITH changed AS (
UPDATE ${table} SET ${columns.map((column) => `${column.name} = ${valueOf(column)}`).join(', ')}
WHERE ${conditionOf(fill)}${RANGE}
  AND ${anyDiffers(compared)}
RETURNING ${['1', ...returnedOf(parents, table)].join(', ')}
)${upheldExpressions(table, parents, 'changed')}, met AS (
SELECT count(*) AS read FROM ${table} WHERE ${conditionOf(fill)}${RANGE}
)
SELECT greatest(read, changed) AS read, changed, greatest(read - changed, 0) AS skipped, 0::bigint AS kept, NULL::json AS findings, ${problemOr(parents, 'NULL::json')} AS problem
FROM met, (SELECT count(*) AS changed FROM changed) AS written`;
}

/** The range stands at both scans of the table: joined by key alone, the server may read all of it for each batch. */
function keepingText(fill: Fill, operation: string): string {
  const { table, columns, key } = fill;
  const parents = fill.upheld ?? [];
  const keys = key.columns.map(({ name }) => quoteIdentifier(name));
  // The rows are locked before their new values are computed: what another session commits meanwhile is what is filled.
  return `WITH old AS MATERIALIZED (
SELECT ${keys.map((name, index) => `${table}.${name} AS k${index}`).join(', ')},
  ${columns.map((column, index) => `${table}.${column.name} AS old${index}, ${valueOf(column)} AS new${index}`).join(',\n  ')}
FROM ${table}
WHERE ${conditionOf(fill)}${RANGE}
FOR NO KEY UPDATE
), changed AS (
UPDATE ${table} SET ${columns.map(({ name }, index) => `${name} = o.new${index}`).join(', ')}
FROM old AS o
WHERE ${keys.map((name, index) => `${table}.${name} = o.k${index}`).join(' AND ')} AND ${RANGE}
  AND ${anyDiffers(columns.map(({ type }, index) => ({ left: `o.old${index}`, right: `o.new${index}`, type })))}
RETURNING ARRAY[${keys.map((_, index) => `o.k${index}::text`).join(', ')}] AS key,
  ARRAY[${columns.map((_, index) => `o.old${index}::text`).join(', ')}] AS before, ${[`ARRAY[${columns.map(({ name }) => `${table}.${name}::text`).join(', ')}] AS after`, ...returnedOf(parents, table)].join(', ')}
)${upheldExpressions(table, parents, 'changed')}, kept AS (
INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
SELECT ${RUN_ID}, ${quoteLiteral(operation)}, key, before, after FROM changed
)
SELECT (SELECT count(*) FROM old) AS read, (SELECT count(*) FROM changed) AS changed,
  (SELECT count(*) FROM old) - (SELECT count(*) FROM changed) AS skipped, 0::bigint AS kept, NULL::json AS findings, ${problemOr(parents, 'NULL::json')} AS problem`;
}

/** Walks the before-images in the order in which they were kept. */
export function imageWalk(operation: string): KeyWalk {
  return {
    relation: 'lockstep.before_image',
    index: 'before_image_pkey',
    key: [{ name: 'id', type: 'bigint' }],
    filter: `(k.run_id = ${RUN_ID} AND k.operation_id = ${quoteLiteral(operation)})`,
  };
}

export function unfillWork({ table, columns, key, upheld }: Fill, operation: string): BatchWork {
  const parents = upheld ?? [];
  const same = key.columns
    .map(({ name, type }, index) => `t.${quoteIdentifier(name)} = i.key[${index + 1}]::${type}`)
    .join(' AND ');
  const current = `ARRAY[${columns.map(({ name }) => `t.${name}::text`).join(', ')}]`;
  const text = `WITH image AS MATERIALIZED (
SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
WHERE i.run_id = ${RUN_ID} AND i.operation_id = ${quoteLiteral(operation)} AND ${RANGE}
), restored AS (
UPDATE ${table} AS t SET ${columns.map(({ name, type }, index) => `${name} = i.before[${index + 1}]::${type}`).join(', ')}
FROM image AS i
WHERE ${same} AND ${current} = i.after
RETURNING ${['i.id', ...returnedOf(parents, 't')].join(', ')}
)${upheldExpressions(table, parents, 'restored')}, since AS (
SELECT i.key, i.before, i.after, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN ${table} AS t ON ${same}
WHERE i.id NOT IN (SELECT id FROM restored)
)
SELECT (SELECT count(*) FROM image) AS read, (SELECT count(*) FROM restored) AS changed, 0::bigint AS skipped, (SELECT count(*) FROM since) AS kept,
  (SELECT json_agg(json_build_object('what', CASE WHEN row IS NULL THEN 'gone since' ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'written', after, 'row', row)) FROM (SELECT * FROM since LIMIT 10) AS s) AS findings,
  ${problemOr(parents, 'NULL::json')} AS problem`;
  return {
    strategy: `the kept values, where the row still says what was written${upheld === null ? '' : SUPPRESSED}`,
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: 'i',
    explain: `UPDATE ${table} SET ${columns[0]!.name} = ${columns[0]!.name}`,
    provenance: false,
    ...(upheld !== null && { userTriggers: 'suppress' }),
  };
}
