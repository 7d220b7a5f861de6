/**
 * Sequences behind columns that a window fills: they do not move with rows that are written with their numbers, and the next
 * row that is numbered by itself would meet one of these.
 */
import type { Column, Relation } from '../../catalog/catalog-snapshot.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import type { TablesWindow } from './tables-window.js';

/**
 * Of both sides: each may have got rows from the other. Never backwards, where nobody can insert meanwhile: a number that is taken
 * between the look and the move would be given out once more. `of`: the table whose lock is held; absent: that of all of them.
 */
export function advanceSequences({ mirrors }: Pick<TablesWindow, 'mirrors'>, of?: string): readonly string[] {
  const texts = mirrors.flatMap(({ mapping: { source, target, columns }, back }) =>
    [[target, columns] as const, [source, back?.columns ?? []] as const].flatMap(([relation, written]) =>
      of === undefined || of === sqlName(relation)
        ? numbered(relation, written).map((column) => advance(relation, column))
        : [],
    ),
  );
  return [...new Set(texts)];
}

export function numbered(relation: Relation, columns: readonly { readonly name: string }[]): readonly Column[] {
  return relation.columns.filter(
    ({ name, identity, default: text }) =>
      (identity !== 'no' || (text ?? '').includes('nextval(')) &&
      columns.some((column) => column.name === quoteIdentifier(name)),
  );
}

function advance(relation: Relation, { name }: Column): string {
  const table = sqlName(relation);
  const sequence = `pg_catalog.pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(name)})`;
  return `SELECT pg_catalog.setval(q.sequence, q.top, true) FROM (SELECT ${sequence} AS sequence, (SELECT max(${quoteIdentifier(name)})::bigint FROM ${table}) AS top) AS q
WHERE q.sequence IS NOT NULL AND q.top > coalesce(pg_catalog.pg_sequence_last_value(q.sequence::regclass), 0)`;
}
