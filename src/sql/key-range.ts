/**
 * SQL over half-open ranges of a key: after a lower bound, up to and with an upper one. Keys are compared by the server
 * only, as rows, under the index's own order and collation; bounds travel as text and are cast where they are compared.
 * Snapshotted in test/unit/sql/key-range.test.ts; who walks which range belongs to the executor.
 */

export interface KeyColumn {
  /** Quoted as SQL. */
  readonly name: string;
  /** The cast that brings a bound back from text: `bigint`, `timestamp with time zone`. */
  readonly type: string;
  /** Quoted as SQL, where the index sorts under another collation than the column. */
  readonly collation?: string;
}

export interface KeySource {
  /** Quoted name of the relation. */
  readonly relation: string;
  readonly key: readonly KeyColumn[];
  /** Parenthesised condition for the rows that are walked at all. */
  readonly filter?: string;
}

export interface RangeShape {
  /** The bottom range has no lower bound. */
  readonly hasLower: boolean;
}

/**
 * `(t.a, t.b) > ($1::x, $2::y) AND (t.a, t.b) <= ($3::x, $4::y)`: the parameters of the lower bound, where there is one,
 * come first.
 */
export function rangeCondition(of: string, key: readonly KeyColumn[], shape: RangeShape): string {
  const columns = row(key.map((column) => compared(of, column)));
  const bound = (from: number): string => row(key.map((column, index) => `$${from + index}::${column.type}`));
  const upper = `${columns} <= ${bound(shape.hasLower ? 1 + key.length : 1)}`;
  return shape.hasLower ? `${columns} > ${bound(1)} AND ${upper}` : upper;
}

/** `(t.a, t.b) = ($1::x, $2::y)`: the one row with this key. */
export function keyCondition(of: string, key: readonly KeyColumn[]): string {
  return `${row(key.map((column) => compared(of, column)))} = ${row(key.map(({ type }, index) => `$${index + 1}::${type}`))}`;
}

/** The keys of a range that should hold one row; two where it holds more. */
export function keysOfRange(source: KeySource, shape: RangeShape): string {
  return (
    `SELECT ${asText('k', source.key)} FROM ${source.relation} AS k` +
    ` WHERE ${and(rangeCondition('k', source.key, shape), source.filter)} LIMIT 2`
  );
}

/** The row with this key as JSON: values beyond `longest` characters are cut, so that a journal can hold it. */
export function rowAsJson(source: KeySource, longest: number): string {
  const value = `CASE WHEN length(v.value::text) > ${longest} THEN to_json(left(v.value #>> '{}', ${longest}) || '…') ELSE v.value END`;
  return (
    `SELECT (SELECT json_object_agg(v.key, ${value}) FROM json_each(row_to_json(k.*)) AS v) AS row FROM ${source.relation} AS k` +
    ` WHERE ${and(keyCondition('k', source.key), source.filter)}`
  );
}

/** The key at which a batch of `rows` ends; no row where fewer than that are left. Parameters: the bounds. */
export function endOfBatch(source: KeySource, shape: RangeShape, rows: number): string {
  // Its texts are made outside: inside they would be made for each row that is passed over, too.
  return (
    `SELECT ${asText('k', source.key)} FROM (SELECT ${names('k', source.key)} FROM ${source.relation} AS k` +
    ` WHERE ${and(rangeCondition('k', source.key, shape), source.filter)}` +
    ` ORDER BY ${columns('k', source.key)} OFFSET ${rows - 1} LIMIT 1) AS k`
  );
}

/** The greatest key there is; no row in an empty relation. */
export function topKey(source: KeySource): string {
  return (
    `SELECT ${asText('k', source.key)} FROM ${source.relation} AS k${where(source.filter)}` +
    ` ORDER BY ${columns('k', source.key, ' DESC')} LIMIT 1`
  );
}

/**
 * Keys that cut the relation into about `parts` equal ranges, in order. They only balance the work: any keys would be
 * correct, so a large relation is sampled by blocks (TABLESAMPLE SYSTEM), `percent` of it.
 */
export function cutKeys(source: KeySource, parts: number, percent: number): string {
  const sample = percent < 100 ? ` TABLESAMPLE SYSTEM (${percent})` : '';
  return (
    `SELECT DISTINCT ON (lockstep_part) ${asText('cut', source.key)} FROM (` +
    `SELECT ${names('k', source.key)}, ntile(${parts}) OVER (ORDER BY ${columns('k', source.key)}) AS lockstep_part` +
    ` FROM ${source.relation} AS k${sample}${where(source.filter)}) AS cut` +
    ` ORDER BY lockstep_part, ${columns('cut', source.key, ' DESC')}`
  );
}

/** The key columns as one JSON array of texts, so that a key of any width is one value and no driver reads it as a number. */
function asText(of: string, key: readonly KeyColumn[]): string {
  return `json_build_array(${key.map((column) => `${of}.${column.name}::text`).join(', ')}) AS key`;
}

function columns(of: string, key: readonly KeyColumn[], order = ''): string {
  return key.map((column) => `${compared(of, column)}${order}`).join(', ');
}

function names(of: string, key: readonly KeyColumn[]): string {
  return key.map((column) => `${of}.${column.name}`).join(', ');
}

function compared(of: string, column: KeyColumn): string {
  return `${of}.${column.name}${column.collation === undefined ? '' : ` COLLATE ${column.collation}`}`;
}

function row(items: readonly string[]): string {
  return items.length === 1 ? items[0]! : `(${items.join(', ')})`;
}

function and(...conditions: (string | undefined)[]): string {
  return conditions.filter((condition) => condition !== undefined).join(' AND ');
}

function where(filter: string | undefined): string {
  return filter === undefined ? '' : ` WHERE ${filter}`;
}
