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
        ? numbered(relation, written)
            .filter(isNumber)
            .map((column) => advance(relation, column))
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

/**
 * Which sequence it is, the catalog tells at that moment: also one that the table does not own, or that was renamed. One that was never
 * asked gives its `last_value` next, which START or RESTART may have set far ahead. Its steps are kept: who numbers by odd numbers goes
 * on with odd ones.
 */
function advance(relation: Relation, { name }: Column): string {
  const table = sqlName(relation);
  const column = quoteIdentifier(name);
  const body = `
#variable_conflict use_column
DECLARE
  own record;
  at bigint;
  given boolean;
  top numeric;
BEGIN
  FOR own IN
    SELECT s.* FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_sequence AS s ON s.seqrelid IN (
      SELECT d.refobjid FROM pg_catalog.pg_attrdef AS f JOIN pg_catalog.pg_depend AS d ON d.objid = f.oid
      WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      UNION ALL
      SELECT d.objid FROM pg_catalog.pg_depend AS d
      WHERE d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    WHERE a.attrelid = ${quoteLiteral(table)}::pg_catalog.regclass AND a.attname = ${quoteLiteral(name)}
  LOOP
    EXECUTE format('SELECT last_value, is_called FROM %s', own.seqrelid::pg_catalog.regclass) INTO at, given;
    top := CASE WHEN own.seqincrement > 0 THEN (SELECT max(${column}) FROM ${table}) ELSE (SELECT min(${column}) FROM ${table}) END;
    IF (top - at) * own.seqincrement > 0 OR (top = at AND NOT given) THEN
      top := at + own.seqincrement * ceil((top - at) / own.seqincrement);
      PERFORM pg_catalog.setval(own.seqrelid, greatest(own.seqmin, least(own.seqmax, top))::bigint, true);
    END IF;
  END LOOP;
END`;
  return `DO ${quoteLiteral(body)}`;
}

/** A text that a number is part of says nothing of where its sequence stands. */
function isNumber({ type, baseType }: Column): boolean {
  return /^(smallint|integer|bigint|numeric)\b/.test(baseType ?? type);
}
