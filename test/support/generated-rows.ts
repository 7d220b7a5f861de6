/**
 * Rows for a schema that came without any: out of the catalog, so that no table is forgotten, parents before children, every
 * foreign key and NOT NULL respected, the same rows each time. Owns no meaning: a name is `name 17`.
 */
import type { TestDatabase } from './database.js';

export interface GeneratedRowsOptions {
  readonly schema?: string;
  /** How many a table gets; 0 leaves it alone. Some may fall away where a unique index meets a value twice. */
  readonly rowsOf: (table: string) => number;
}

interface ColumnFacts {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly element: string | null;
  /** Characters that fit; null: no limit. */
  readonly length: number | null;
  readonly required: boolean;
  readonly hasDefault: boolean;
  readonly parent: string | null;
  readonly parentColumn: string | null;
}

/** How many rows each table has got, in the order in which they were filled. */
export async function generateRows(
  { query }: Pick<TestDatabase, 'query'>,
  { schema = 'public', rowsOf }: GeneratedRowsOptions,
): Promise<ReadonlyMap<string, number>> {
  const columns = await query<ColumnFacts>(COLUMNS, [schema]);
  const filled = new Map<string, number>();
  const waiting = new Set(columns.map(({ table }) => table).filter((table) => rowsOf(table) > 0));
  while (waiting.size > 0) {
    const table = nextTable(waiting, columns);
    const own = columns.filter((column) => column.table === table);
    await query(insertOf(table, own, rowsOf(table), waiting));
    for (const column of own.filter(({ parent }) => parent === table)) await query(toEarlierRows(column));
    filled.set(table, Number((await query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`))[0]!.n));
    waiting.delete(table);
  }
  await query('ANALYZE');
  return filled;
}

/** With all of its parents there; in a cycle, one that can do without those that are not. */
function nextTable(waiting: ReadonlySet<string>, columns: readonly ColumnFacts[]): string {
  const lacks = (table: string, always: boolean): boolean =>
    columns.some(
      ({ table: child, parent, required }) =>
        child === table && parent !== null && parent !== table && waiting.has(parent) && (required || always),
    );
  const tables = [...waiting].sort();
  const found = tables.find((table) => !lacks(table, true)) ?? tables.find((table) => !lacks(table, false));
  if (found === undefined) throw new Error(`no table can be first: ${tables.join(', ')}`);
  return found;
}

function insertOf(table: string, own: readonly ColumnFacts[], rows: number, waiting: ReadonlySet<string>): string {
  const given = own.filter(({ hasDefault }) => !hasDefault);
  const values = given.map((column, place) => valueOf(column, place, waiting));
  const names = given.map(({ column }) => column).join(', ');
  // A value that a unique index meets twice is left away: what is asked for is about so many rows.
  return `INSERT INTO ${table} (${names}) SELECT ${values.join(', ')} FROM generate_series(1, ${rows}) AS n ON CONFLICT DO NOTHING`;
}

function valueOf(column: ColumnFacts, place: number, waiting: ReadonlySet<string>): string {
  const { table, parent, parentColumn, required, type, element } = column;
  if (parent !== null) {
    if (waiting.has(parent)) return 'NULL';
    // Another stride for each column, so that a child's parents are not always the same pair.
    const all = `(SELECT array_agg(p.${parentColumn} ORDER BY p.${parentColumn}) FROM ${parent} AS p)`;
    const stride = `(n * ${7919 + 2 * place} + ${place}) % (SELECT count(*)::int FROM ${parent})`;
    const one = `(${all})[1 + ${stride}]`;
    return required ? one : `CASE WHEN n % 5 <> 0 THEN ${one} END`;
  }
  const value = element === null ? plainValue(column, type) : undefined;
  const inArray = element === null ? undefined : plainValue(column, element);
  const found = value ?? (inArray === undefined ? undefined : `ARRAY[${inArray}]::${type}`);
  if (found !== undefined) return found;
  if (!required) return 'NULL';
  throw new Error(`${table}.${column.column}: no value for ${type}`);
}

function plainValue({ table, column, length }: ColumnFacts, type: string): string | undefined {
  const text = `'${column.replaceAll('"', '')} ' || n`;
  const short = length === null ? text : `right(${text}, ${length})`;
  const moment = `'2020-01-01 00:00:00+00'::timestamptz + n * interval '1 hour 7 microseconds'`;
  const values: Readonly<Record<string, string>> = {
    smallint: '(n % 100)::smallint',
    integer: 'n',
    bigint: 'n::bigint',
    numeric: '(n % 1000)::numeric / 100',
    'double precision': 'n / 7.0',
    boolean: 'n % 2 = 0',
    text: short,
    'character varying': short,
    character: short,
    'timestamp without time zone': `(${moment}) AT TIME ZONE 'UTC'`,
    'timestamp with time zone': moment,
    date: `('2020-01-01'::date + n % 1000)`,
    interval: `n * interval '1 day'`,
    uuid: `md5('${table}.${column} ' || n)::uuid`,
    inet: `'10.0.0.0'::inet + n`,
    jsonb: `jsonb_build_object('n', n)`,
  };
  return values[type];
}

/** A self reference: two thirds of the rows to a row before them, so that the parents make chains and no ring. */
function toEarlierRows({ table, column, parentColumn }: ColumnFacts): string {
  return `WITH numbered AS (SELECT ${parentColumn} AS id, lag(${parentColumn}, 2) OVER (ORDER BY ${parentColumn}) AS earlier, row_number() OVER (ORDER BY ${parentColumn}) AS n FROM ${table})
    UPDATE ${table} AS t SET ${column} = numbered.earlier FROM numbered WHERE numbered.id = t.${parentColumn} AND numbered.n % 3 <> 0`;
}

/** Ordinary and partitioned tables; columns that the server computes itself are left to it. Foreign keys of one column. */
const COLUMNS = `
  SELECT a.attrelid::regclass::text AS "table", quote_ident(a.attname) AS "column", format_type(a.atttypid, NULL) AS type,
    CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN format_type(t.typelem, NULL) END AS element,
    CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS length,
    a.attnotnull AS required, a.atthasdef OR a.attidentity <> '' AS "hasDefault",
    k.confrelid::regclass::text AS parent, quote_ident(p.attname) AS "parentColumn"
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN LATERAL (SELECT * FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conrelid = a.attrelid AND k.conkey = ARRAY[a.attnum] ORDER BY k.conname LIMIT 1) AS k ON true
  LEFT JOIN pg_attribute AS p ON p.attrelid = k.confrelid AND p.attnum = k.confkey[1]
  WHERE c.relnamespace = $1::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid::regclass::text, a.attnum`;
