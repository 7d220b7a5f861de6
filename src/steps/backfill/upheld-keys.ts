/**
 * Foreign keys of a table whose triggers are suppressed: the server does not look up the parents then, so the batch's own
 * statement does. It locks them FOR KEY SHARE, as the server would: a parent whose deletion has begun is waited for, and
 * one whose deletion begins later waits for the batch and then finds its rows.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { quoteIdentifier, quoteLiteral, relationKey } from '../../sql/identifier.js';
import { foreignKeys } from '../foreign-keys.js';

export interface UpheldKey {
  readonly name: string;
  /** Quoted as SQL; each with the parent's column that it refers to. */
  readonly columns: readonly (readonly [own: string, referred: string])[];
  /** Key of the table that it refers to. */
  readonly parent: string;
  /** All columns or none are NULL; else one NULL is enough to refer to nothing. */
  readonly full: boolean;
}

/** Behind the strategy of a batch, for whoever reads the plan. */
export const SUPPRESSED = '; triggers of the table do not fire, foreign keys are upheld by the batch';

/** Of every foreign key that the server enforces, for rows that get values in all columns, or in these. */
export function upheldKeys(relation: Relation, written?: readonly string[]): readonly UpheldKey[] {
  return foreignKeys(relation)
    .filter(({ columns }) => written === undefined || columns.some((column) => written.includes(column)))
    .map(({ name, columns, references, definition }) => ({
      name,
      columns: columns.map(
        (own, index) => [quoteIdentifier(own), quoteIdentifier(references.columns[index]!)] as const,
      ),
      parent: relationKey(references.table),
      full: / MATCH FULL\b/.test(definition),
    }));
}

/** Columns that the statement must return of each row that it has written. */
export function columnsOfKeys(keys: readonly UpheldKey[]): readonly string[] {
  return [...new Set(keys.flatMap(({ columns }) => columns.map(([own]) => own)))];
}

/** Expressions of a WITH list, each behind a comma: the parents that are there, locked, and the rows of `written` without. */
export function upheldExpressions(table: string, keys: readonly UpheldKey[], written: string): string {
  if (keys.length === 0) return '';
  const parents = keys.map(({ columns, parent }, index) => {
    const wanted = columns.map(([own], at) => `${own} AS k${at}`).join(', ');
    const same = columns.map(([, referred], at) => `p.${referred} = c.k${at}`).join(' AND ');
    return `, parent${index} AS MATERIALIZED (
SELECT ${columns.map((_, at) => `c.k${at}`).join(', ')}
FROM ${parent} AS p JOIN (SELECT DISTINCT ${wanted} FROM ${written} WHERE ${allSet(columns)}) AS c ON ${same}
FOR KEY SHARE OF p
)`;
  });
  const orphans = keys.map(({ name, columns, parent, full }, index) => {
    const same = columns.map(([own], at) => `p.k${at} = w.${own}`).join(' AND ');
    const own = columns.map(([column]) => `w.${column}`);
    const missing = `(${allSet(columns, 'w.')} AND NOT EXISTS (SELECT FROM parent${index} AS p WHERE ${same}))`;
    const mixed = `num_nulls(${own.join(', ')}) NOT IN (0, ${own.length})`;
    const key = `format('Key (%s)=(%s)', ${quoteLiteral(columns.map(([column]) => column).join(', '))}, concat_ws(', ', ${own.map((column) => `coalesce(${column}::text, 'null')`).join(', ')}))`;
    return `SELECT ${quoteLiteral(name)} AS "constraint", ${quoteLiteral(table)} AS "table", ${key} AS key, ${quoteLiteral(parent)} AS parent
FROM ${written} AS w WHERE ${full && own.length > 1 ? `${missing} OR ${mixed}` : missing}`;
  });
  return `${parents.join('')}, orphan AS MATERIALIZED (\n${orphans.join('\nUNION ALL\n')}\n)`;
}

/** An expression: the problem of the batch, or what else is its problem. */
export function problemOr(keys: readonly UpheldKey[], otherwise: string): string {
  if (keys.length === 0) return otherwise;
  return `CASE WHEN EXISTS (SELECT FROM orphan) THEN json_build_object('code', 'parent_missing', 'retry', false, 'rows', (SELECT json_agg(to_json(o.*)) FROM (SELECT * FROM orphan LIMIT 10) AS o)) ELSE ${otherwise} END`;
}

function allSet(columns: UpheldKey['columns'], prefix = ''): string {
  return columns.map(([own]) => `${prefix}${own} IS NOT NULL`).join(' AND ');
}
