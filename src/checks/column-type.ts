/** `column_type`: a column is of a type, written in any way that Postgres understands. */
import { tableColumnAt } from '../catalog/scope.js';
import { name, object, text } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { parseName, quoteLiteral, relationKey } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

interface ColumnTypeFields {
  readonly column: string;
  readonly is: string;
}

export const columnType: CheckDefinition<ColumnTypeFields> = {
  name: 'column_type',
  holds: 'the column is of this type',
  example: '- column_type: { column: users.id, is: uuid }',
  schema: object(
    'A column is of a type.',
    { column: name('table.column', 'table and column: `users.id`'), is: text('the type: `uuid`, `varchar(255)`') },
    ['column', 'is'],
  ),
  compile(fields, context) {
    const found = tableColumnAt(context, fields.column, [...context.path, 'column']);
    if (found === undefined) return undefined;
    const relation = sqlName(found.table);
    // `format_type` and `to_regtype` bring `int` and `integer`, `varchar` and `character varying` to one spelling.
    const is = `pg_catalog.format_type(a.atttypid, a.atttypmod)`;
    return {
      says: `${fields.column} is ${fields.is}`,
      rows: [
        `SELECT ${quoteLiteral(fields.column)} AS column, ${is} AS type, ${quoteLiteral(fields.is)} AS expected`,
        `FROM pg_catalog.pg_attribute a`,
        `WHERE a.attrelid = ${quoteLiteral(relation)}::regclass AND a.attname = ${quoteLiteral(found.column.name)}`,
        `  AND ${is} <> coalesce(pg_catalog.to_regtype(${quoteLiteral(fields.is)})::text, '')`,
        `  AND ${is} <> ${quoteLiteral(canonicalType(fields.is))}`,
      ].join('\n'),
      reads: [relation],
    };
  },
  holdsIn(fields, context) {
    const parsed = parseName(fields.column);
    if (!parsed.ok) return false;
    const outer = parsed.parts.slice(0, -1);
    const table =
      outer.length === 2 ? { schema: outer[0]!, name: outer[1]! } : { schema: context.schema, name: outer[0] ?? '' };
    const column = context.catalog.relations[relationKey(table)]?.columns.find(
      ({ name: known }) => known === parsed.parts.at(-1),
    );
    return column?.type === canonicalType(fields.is);
  },
};

/** The common short spellings as `format_type` prints them (PostgreSQL documentation, table 8.1). */
const ALIASES: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int8: 'bigint',
  int2: 'smallint',
  bool: 'boolean',
  float4: 'real',
  float8: 'double precision',
  float: 'double precision',
  varchar: 'character varying',
  char: 'character(1)',
  decimal: 'numeric',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
};

export function canonicalType(written: string): string {
  const [, base = '', length = '', rest = ''] =
    /^\s*([^([]*?)\s*(\([^)]*\))?\s*((?:with|without) time zone|)?(?:\[\])*\s*$/i.exec(written) ?? [];
  const array = written.includes('[]') ? '[]' : '';
  const lower = base.toLowerCase();
  if (lower === '') return written;
  if (lower === 'char' && length !== '') return `character${length.replaceAll(' ', '')}${array}`;
  const alias = ALIASES[lower] ?? lower;
  const [head, ...tail] = alias.split(' with');
  const zone = rest !== '' ? ` ${rest.toLowerCase()}` : tail.length > 0 ? ` with${tail.join(' with')}` : '';
  return `${head!}${length.replaceAll(' ', '')}${zone}${array}`;
}
