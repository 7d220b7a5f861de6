/** The values of twins in SQL: where a key's own comes from, and where that of a reference is looked up. */
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import {
  columnNames,
  nameThen,
  parentTwin,
  twinTable,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type TwinTable,
  type ValueRule,
} from './columns-window.js';

/** Of one that is made from chance or time; null for one that is computed from the old value. */
export function madeValue({ how }: ValueRule): string | null {
  if (how === 'random') return 'pg_catalog.gen_random_uuid()';
  if (how === 'v7') return 'pg_catalog.uuidv7()';
  return null;
}

/** From the old value, SQL; null for one that is made. */
export function computedValue(rule: ValueRule, old: string): string | null {
  if (rule.how === 'cast') return `${old}::pg_catalog.text::pg_catalog.uuid`;
  return rule.how === 'derived' ? derivedValue(rule.namespace, old) : null;
}

/**
 * A name-based UUID of version 8 over SHA-256, as RFC 9562 (5.8, B.2) shows it: version 5 needs SHA-1, which the server has not
 * without an extension. Whoever knows the namespace and an old key knows the new one.
 */
function derivedValue(namespace: string, old: string): string {
  const digest = `pg_catalog.sha256(pg_catalog.uuid_send(${quoteLiteral(namespace)}::pg_catalog.uuid) || pg_catalog.convert_to(${old}::pg_catalog.text, 'UTF8'))`;
  const versioned =
    'pg_catalog.set_byte(pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128), 8, pg_catalog.get_byte(d.h, 8) & 63 | 128)';
  return `(SELECT pg_catalog.encode(${versioned}, 'hex')::pg_catalog.uuid FROM (SELECT pg_catalog.substr(${digest}, 1, 16) AS h OFFSET 0) AS d)`;
}

/** Whether the parent must be asked, while that side leads, for the new value of an old reference. */
export function asksParent({ by: { how } }: LookedUp, leads: Side): boolean {
  return leads === 'new' || how === 'random' || how === 'v7';
}

export interface ParentLookUp {
  /** Column of the parent with the value, quoted. */
  readonly takes: string;
  /** Condition that finds the parent `p` of a row. */
  readonly finds: string;
  /** Condition that no part of the reference is NULL: with one that is, it refers to nothing. */
  readonly complete: string;
}

/** By the value of one side, that of the other. `row`: what the columns of the child stand behind: `NEW`, `t`. */
export function parentLookUp(
  window: Pick<ColumnsWindow, 'tables'>,
  table: TwinTable,
  column: string,
  value: LookedUp,
  given: Side,
  leads: Side,
  row: string,
): ParentLookUp {
  const pairs = pairsOf(window, table, { old: column, value }, given, leads);
  return {
    takes: columnNames(parentTwin(window, value), leads)[given === 'old' ? 'new' : 'old'],
    finds: pairs.map(({ own, theirs }) => `p.${theirs} = ${row}.${own}`).join(' AND '),
    complete: pairs.map(({ own }) => `${row}.${own} IS NOT NULL`).join(' AND '),
  };
}

/** What must be the same in a row and in its parent: columns, quoted. */
export interface Pair {
  readonly own: string;
  readonly theirs: string;
}

/** By the values of one side. */
export function pairsOf(
  window: Pick<ColumnsWindow, 'tables'>,
  table: TwinTable,
  { old, value }: { readonly old: string; readonly value: LookedUp },
  side: Side,
  leads: Side,
): readonly Pair[] {
  const parent = twinTable(window, value.parent);
  return [{ own: old, parent: value.parentColumn }, ...value.also].map((pair) => ({
    own: sideName(table, pair.own, side, leads),
    theirs: sideName(parent, pair.parent, side, leads),
  }));
}

/** What a column is called that holds the values of a side, quoted; one without a twin holds those of both. */
export function sideName(table: TwinTable, column: string, side: Side, leads: Side): string {
  const twin = table.twins.find(({ old }) => old === column);
  return twin === undefined ? quoteIdentifier(column) : columnNames(twin, leads)[side];
}

/** `ARRAY[…]` of what tells a row, as text. */
export function keyTexts(table: TwinTable, leads: Side, row: string): string {
  return `ARRAY[${table.key.map(({ name }) => `${row}.${nameThen(table, name, leads)}::pg_catalog.text`).join(', ')}]`;
}
