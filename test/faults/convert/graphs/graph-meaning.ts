/** What refers to what, by labels that no conversion touches; and what stands in the catalog, but for the types of columns. */
import { quoteIdentifier as q, quoteLiteral } from '../../../../src/sql/identifier.js';
import { shortened } from '../../../../src/windows/inside-tables/columns-window.js';
import type { Graph, GraphTable } from './random-graph.js';
import type { GraphReference } from './random-reference.js';

/** One line for each reference of each row. `converted`: the names mean the new keys. */
export function meaningOf({ tables }: Graph, converted: boolean): string {
  const parts = tables.flatMap((table) => [
    `SELECT ${quoteLiteral(table.name)} || ' ' || t.${q(table.label)} FROM ${table.name} AS t`,
    ...table.references.map((reference) => referenceMeaning(table, reference, converted)),
  ]);
  return `SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM (${parts.join(' UNION ALL ')}) AS lines (line)`;
}

function referenceMeaning(table: GraphTable, reference: GraphReference, converted: boolean): string {
  const { parent, tenant, where, column } = reference;
  const own = where !== null && converted ? shortened(`${column}_uuid`, 63) : column;
  const also = tenant === null ? '' : ` AND p.${q(parent.key!.tenant!)} = c.${q(tenant)}`;
  const part = where === null ? '' : ` AND c.${q(where)} = 'this'`;
  return `SELECT ${quoteLiteral(`${table.name} ${column} `)} || c.${q(table.label)} || ' → ' || coalesce(p.${q(parent.label)}, ${reference.soft ? "'-'" : `CASE WHEN c.${q(own)} IS NULL THEN '-' ELSE '?' END`})
    FROM ${table.name} AS c LEFT JOIN ${parent.name} AS p ON p.${q(parent.key!.column)} = c.${q(own)}${also}${part}`;
}

/** Of our own making: what must not be left. */
export const LEFT_BEHIND = `SELECT coalesce(string_agg(thing, ', '), '') FROM (
  SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'lockstep'::regnamespace AND proname LIKE '% of %'
  UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('column %s.%s', attrelid::regclass, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace NOT IN ('lockstep'::regnamespace, 'pg_catalog'::regnamespace, 'pg_toast'::regnamespace) AND relkind IN ('r', 'p') AND NOT attisdropped
      AND attname ~ '_legacy(~[0-9a-f]{8})?$'
  UNION ALL SELECT 'relation ' || c.oid::regclass FROM pg_class c
    WHERE relnamespace NOT IN ('lockstep'::regnamespace, 'pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace)
      AND relname ~ '_(legacy|spare)(~[0-9a-f]{8})?$') AS things (thing)`;

/**
 * Every key, constraint, index, view and policy by its name and text, and which columns are NOT NULL. Where a partition calls its NOT NULL
 * otherwise than the whole table, that keeps the name of the new column: the server renames all of them or none.
 */
export function shapeOf({ convert }: Graph): string {
  // What may go on referring to nothing has no new value then: its column cannot be NOT NULL.
  const required = convert['orphans'] !== 'keep';
  return `SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT format('%s.%s %s %s', attrelid::regclass, attname, attnotnull AND ${String(required)}, col_description(attrelid, attnum)) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('lockstep', 'pg_catalog', 'pg_toast', 'information_schema')) AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('lockstep', 'pg_catalog', 'pg_toast', 'information_schema'))
  UNION ALL SELECT format('%s %s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')) FROM pg_constraint k
    JOIN pg_class c ON c.oid = conrelid
    WHERE (contype <> 'n' OR ${String(required)} AND relkind = 'r' AND NOT relispartition) AND connamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('lockstep', 'pg_catalog', 'information_schema'))
  UNION ALL SELECT pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy) AS lines (line)`;
}
