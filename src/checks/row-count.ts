/** `row_count`: a table, or a part of it, has so many rows; or as many as another. Both are counted in one snapshot. */
import { tableAt } from '../catalog/scope.js';
import { integer, name, object, sql, type JsonSchema } from '../kernel/json-schema.js';
import { sqlName, whereAll } from '../mapping/mapping.js';
import type { CheckContext, CheckDefinition } from './check-definition.js';

interface Rows {
  readonly table: string;
  readonly where?: string;
}

type Amount = number | Rows;

interface RowCountFields extends Rows {
  readonly is?: Amount;
  readonly at_least?: Amount;
  readonly at_most?: Amount;
}

const COMPARISONS = { is: ['<>', 'has'], at_least: ['<', 'has at least'], at_most: ['>', 'has at most'] } as const;

const ROWS = {
  table: name('relation', 'the table whose rows are counted'),
  where: {
    ...sql('condition', 'count only rows for which this holds'),
    'x-lockstep-no-empty': 'an empty condition would mean all rows',
  },
};

function amount(description: string): JsonSchema {
  return {
    description,
    anyOf: [integer('a number of rows', 0), object('The rows of another table.', ROWS, ['table'])],
  };
}

export const rowCount: CheckDefinition<RowCountFields> = {
  name: 'row_count',
  holds: 'the table, or the part that `where` names, has this number of rows, or as many as another',
  example: '- row_count: { table: user_preferences, is: { table: users } }',
  schema: {
    ...object(
      'A number of rows.',
      { ...ROWS, is: amount('exactly'), at_least: amount('at least'), at_most: amount('at most') },
      ['table'],
    ),
    anyOf: [{ required: ['is'] }, { required: ['at_least'] }, { required: ['at_most'] }],
  },
  compile(fields, context) {
    const actual = count(fields, context, context.path);
    const violations: string[] = [];
    const figures = [`(SELECT n FROM actual) AS actual`];
    const tables = actual === undefined ? [] : [`actual AS (${actual.sql})`];
    const says: string[] = [];
    const reads = new Set(actual?.reads);
    for (const kind of ['is', 'at_least', 'at_most'] as const) {
      const wanted = fields[kind];
      if (wanted === undefined) continue;
      const [operator, words] = COMPARISONS[kind];
      const other =
        typeof wanted === 'number'
          ? { sql: `SELECT ${wanted}::bigint AS n`, reads: [] }
          : count(wanted, context, [...context.path, kind]);
      if (other === undefined) return undefined;
      other.reads.forEach((read) => reads.add(read));
      tables.push(`expected_${kind} AS (${other.sql})`);
      figures.push(`(SELECT n FROM expected_${kind}) AS ${kind === 'is' ? 'expected' : kind}`);
      violations.push(`(SELECT n FROM actual) ${operator} (SELECT n FROM expected_${kind})`);
      says.push(`${words} ${typeof wanted === 'number' ? `${wanted} rows` : `as many rows as ${part(wanted)}`}`);
    }
    if (actual === undefined) return undefined;
    const common = `WITH ${tables.join(',\n')}\nSELECT ${figures.join(', ')}`;
    return {
      says: `${part(fields)} ${says.join(' and ')}`,
      rows: `${common}\nWHERE ${violations.join(' OR ')}`,
      figures: common,
      // One statement that counts once, for figures and verdict alike.
      summary:
        `WITH counted AS MATERIALIZED (${common}, (${violations.join(' OR ')}) AS violated)\n` +
        `SELECT violated::int AS violations, CASE WHEN violated THEN json_build_array(to_jsonb(counted) - 'violated') END AS samples,\n` +
        `  to_jsonb(counted) - 'violated' AS figures FROM counted`,
      reads: [...reads],
    };
  },
};

function part(rows: Rows): string {
  return rows.where === undefined ? rows.table : `${rows.table} where ${rows.where.trim()}`;
}

function count(
  rows: Rows,
  context: CheckContext,
  path: CheckContext['path'],
): { sql: string; reads: readonly string[] } | undefined {
  const relation = tableAt(context, rows.table, [...path, 'table']);
  if (relation === undefined) return undefined;
  const named = sqlName(relation);
  const condition = rows.where === undefined ? '' : `(${rows.where}\n)`;
  const inner = rows.where === undefined ? [] : context.readsOf('condition', rows.where);
  return { sql: `SELECT count(*) AS n FROM ${named}${whereAll(condition)}`, reads: [named, ...inner] };
}
