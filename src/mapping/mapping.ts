/**
 * A correspondence between two tables, resolved against a catalog: declared once, and the backfill, the comparison and the
 * rollback are derived from it. Owns the shape and the SQL fragments that all of them share, so that they cannot disagree.
 */
import type { Relation } from '../catalog/catalog-snapshot.js';
import type { WalkableKey } from '../catalog/walkable-key.js';
import { keyText, type KeyColumn } from './key-text.js';
import { quoteIdentifier, relationKey } from '../sql/identifier.js';

export interface Mapping {
  readonly name: string;
  readonly source: Relation;
  readonly target: Relation;
  readonly columns: readonly MappedColumn[];
  /** Which source rows take part. */
  readonly where: string | null;
  /** Which target rows belong to the mapping. */
  readonly targetWhere: string | null;
  /** Identifies a target row; a subset of `columns`, in the plan's order. */
  readonly key: readonly MappedColumn[];
  /** The key by which the source is walked. */
  readonly walk: WalkableKey;
  /** A unique index of the source guarantees that no two source rows have the same key: no proof by reading is owed. */
  readonly oneToOneByIndex: boolean;
  /** Nothing in the catalog says that the key of a mapped row is never NULL. */
  readonly keyMayBeNull: boolean;
  /** What a write to the target means for the source; null: nothing. */
  readonly reverse: ReverseMapping | null;
  /**
   * Name of the window, in a mapping whose target rows go without their source rows (`on_delete: ignore`): a tombstone of it says
   * of a source row that nobody misses its target row.
   */
  readonly forgetsIn?: string;
}

export interface ReverseMapping {
  /** Columns of the source, as expressions over one row of the target. */
  readonly columns: readonly MappedColumn[];
  /** Those of them that the source is walked by: they identify its row. */
  readonly key: readonly MappedColumn[];
  /** A target row that goes takes its source row with it, leaves it as it is, or sets these columns of it: SQL over one source row. */
  readonly onDelete: 'delete' | 'ignore' | readonly { readonly name: string; readonly expression: string }[];
}

export interface MappedColumn {
  /** Quoted as SQL. */
  readonly name: string;
  readonly type: string;
  /** Only where `type` is a domain: the type under it. */
  readonly baseType?: string;
  /** The server numbers it itself unless told that the value overrides. */
  readonly identityAlways: boolean;
  /** SQL over one source row. */
  readonly expression: string;
  /** The source column, where the expression is nothing else. */
  readonly plainColumn: string | null;
  /** The source column is of another type: its values are converted, and two of them may become one. */
  readonly converted: boolean;
  /** A value of the plan that is not NULL, the same in every row. */
  readonly literal: boolean;
}

/** The relation's name in SQL, which is also its key. */
export function sqlName(relation: Relation): string {
  return relationKey(relation);
}

export function sourceCondition(mapping: Mapping): string {
  // A line break behind it: a condition of the plan may end in a comment.
  return mapping.where === null ? '' : `(${mapping.where}\n)`;
}

export function targetCondition(mapping: Mapping): string {
  return mapping.targetWhere === null ? '' : `(${mapping.targetWhere}\n)`;
}

/** The rows that the source says the target must have: `SELECT` of every mapped column under its target name. */
export function expectedRows(mapping: Mapping, range = ''): string {
  return rowsFrom(sqlName(mapping.source), mapping, range);
}

/** The same of another list that has the source's columns, under the source's name. */
export function rowsFrom(from: string, mapping: Mapping, ...conditions: readonly string[]): string {
  return `${valuesFrom(from, mapping.columns)}${whereAll(sourceCondition(mapping), ...conditions)}`;
}

export function valuesFrom(from: string, columns: readonly MappedColumn[]): string {
  const list = columns.map((column) => `${asValue(column)} AS ${column.name}`);
  return `SELECT ${list.join(', ')}\nFROM ${from}`;
}

/** The same as an INSERT takes it: a type that cannot be assigned is refused, where a cast might bring it through. */
export function assignedRows(mapping: Mapping): string {
  const value = (column: MappedColumn): string =>
    column.plainColumn === null ? asValue(column) : quoteIdentifier(column.plainColumn);
  const list = mapping.columns.map((column) => `${value(column)} AS ${column.name}`);
  return `SELECT ${list.join(', ')}\nFROM ${sqlName(mapping.source)}${whereAll(sourceCondition(mapping))}`;
}

/** The rows that the target has. */
export function actualRows(mapping: Mapping): string {
  const list = mapping.columns.map((column) => column.name).join(', ');
  return `SELECT ${list}\nFROM ${sqlName(mapping.target)}${whereAll(targetCondition(mapping))}`;
}

/** What the plan says in SQL: where functions may be called. */
export function textsOf(mapping: Mapping): readonly string[] {
  const expressions = mapping.columns
    .filter(({ plainColumn }) => plainColumn === null)
    .map(({ expression }) => expression);
  return [...expressions, ...[mapping.where, mapping.targetWhere].filter((text) => text !== null)];
}

export function whereAll(...conditions: readonly string[]): string {
  const given = conditions.filter((condition) => condition !== '');
  return given.length === 0 ? '' : `\nWHERE ${given.join(' AND ')}`;
}

/** The expression in the column's own type, so that both sides are compared in one. */
export function asValue({ plainColumn, converted, expression, type }: MappedColumn): string {
  if (plainColumn === null) return `(${expression}\n)::${comparableType(type)}`;
  const column = quoteIdentifier(plainColumn);
  return converted ? `${column}::${comparableType(type)}` : column;
}

/**
 * The type to compare values in: the column's own, without a length or precision. A cast to `varchar(5)` would cut, where
 * the assignment refuses; so a value that does not fit stays different instead of looking equal.
 */
export function comparableType(type: string): string {
  // A name in quotes may hold brackets of its own.
  const bare = type.replace(/("(?:[^"]|"")*")|\([^)]*\)/g, (_, quoted: string | undefined) => quoted ?? '');
  const elements = bare.replace(/(\[\])*$/, '');
  // `character` alone means one character, and `bit` one bit; these are the names of the types without a length.
  const names: Readonly<Record<string, string>> = { character: 'bpchar', bit: '"bit"' };
  return `${names[elements] ?? elements}${bare.slice(elements.length)}`;
}

/** Two values to compare, and the type of the column that they are for. */
export interface Compared {
  readonly left: string;
  readonly right: string;
  readonly type: string;
}

/**
 * Whether any of the values differ, NULL-safe and exact: row images are compared, since json has no equality and
 * `1.0 = 1.00`. What a column adds by itself is no difference: the padding of `character(n)`, the scale of
 * `numeric(p,s)`. The cast to `record` keeps the server from comparing the rows value by value with an operator that
 * their types do not have.
 */
export function anyDiffers(compared: readonly Compared[]): string {
  const shaped = compared.filter(({ type }) => /^(character|numeric)\(/.test(type));
  const exact = compared.filter((one) => !shaped.includes(one));
  const row = (side: 'left' | 'right'): string =>
    `ROW(${exact.map((one) => `${one[side]}::${comparableType(one.type)}`).join(', ')})::record`;
  const conditions = shaped.map(({ left, right }) => `${left} IS DISTINCT FROM ${right}`);
  if (exact.length > 0) conditions.unshift(`${row('left')} *<> ${row('right')}`);
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}

/** The same of mapped columns in two rows. */
export function rowsDiffer(left: string, right: string, columns: readonly MappedColumn[]): string {
  return anyDiffers(columns.map(({ name, type }) => ({ left: `${left}.${name}`, right: `${right}.${name}`, type })));
}

export function sameKey(left: string, right: string, mapping: Mapping): string {
  return mapping.key.map(({ name }) => `${left}.${name} = ${right}.${name}`).join(' AND ');
}

/** Texts as the target's own columns have them, and one for all values that its type calls equal: see `key-text`. */
export function keyArray(key: readonly KeyColumn[], of: string): string {
  return `ARRAY[${key.map((column) => keyText(`${of}.${column.name}`, column)).join(', ')}]`;
}
