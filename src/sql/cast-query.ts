/**
 * Which values of a column would not survive a cast to another type and the way back, and which two texts would become one
 * value. Owns the query that a check and a precondition ask alike; it never raises, whatever the column holds.
 */
import { quoteIdentifier, quoteLiteral } from './identifier.js';
import { validInput } from './valid-input.js';

export interface CastQuestion {
  /** Quoted as SQL. */
  readonly table: string;
  /** As the catalog has it: unquoted. */
  readonly column: string;
  /** As `format_type` prints it: it is sent as it stands. */
  readonly to: string;
  /** The unique keys that the column is a part of: two texts of one key must not become one value. */
  readonly unique: readonly UniquePart[];
  /** Shown beside each value that is in the way; unquoted. */
  readonly keyColumns: readonly string[];
  readonly versionNum: number;
  /** The reasons are told without the values. */
  readonly masked?: boolean;
}

export interface UniquePart {
  /** The other columns of the key, unquoted. */
  readonly beside: readonly string[];
  /** SQL over a row: a partial index keeps only such rows apart. */
  readonly where?: string;
  readonly nullsNotDistinct?: boolean;
}

export interface CastQuery {
  /** SQL whose rows are the values in the way: the key columns, the column itself as a literal, and `why`. */
  readonly rows: string;
  /** The same as one row of count, samples and figures, as a check is asked. */
  readonly summary: (samples: number) => string;
}

/** Undefined where the server cannot tell a bad text without raising: see `validInput`. */
export function castQuery(question: CastQuestion): CastQuery | undefined {
  const { table, column, to, keyColumns, unique } = question;
  const looked = valuesOf(question);
  if (looked === undefined) return undefined;
  const value = `pg_catalog.quote_literal(l.given) AS ${quoteIdentifier(column)}`;
  const keys = keyColumns.map((key, index) => (key === column ? value : `l.k${index + 1} AS ${quoteIdentifier(key)}`));
  const shown = [...keys, ...(keyColumns.includes(column) ? [] : [value]), `${reasons(question)} AS why`];
  const isDouble = unique.map((_, index) => `d${index + 1}.least IS NOT NULL`);
  const inTheWay = [
    `FROM (\n${looked}\n) AS l`,
    ...unique.map((part, index) => doublesOf(part, index, question)),
    `WHERE ${['NOT l.valid', CHANGED, ...isDouble].join(' OR ')}`,
    // Only what is in the way is sorted: the same rows are shown each time.
    `ORDER BY ${[...keyColumns.map((_, index) => `l.k${index + 1}`), 'l.given'].join(', ')}`,
  ].join('\n');
  const figures = [
    `'values', (SELECT count(t.${quoteIdentifier(column)}) FROM ${table} AS t)`,
    `'not_readable', count(*) FILTER (WHERE NOT valid)`,
    `'changed', count(*) FILTER (WHERE changed)`,
    `'letter_case', (SELECT count(*) FROM (\n${valuesOf(question, MAY_DIFFER[to])}\n) AS l\n    WHERE ${OTHER_CASE})`,
    ...(unique.length === 0 ? [] : [`'doubles', count(*) FILTER (WHERE double)`]),
  ];
  return {
    rows: `SELECT ${shown.join(',\n  ')}\n${inTheWay}`,
    summary: (samples) =>
      [
        `WITH violation AS MATERIALIZED (`,
        `SELECT to_json((SELECT s FROM (SELECT ${shown.join(',\n  ')}) AS s)) AS shown,`,
        `  l.valid, coalesce(${CHANGED}, false) AS changed, ${isDouble.join(' OR ') || 'false'} AS double`,
        inTheWay,
        ')',
        'SELECT count(*) AS violations,',
        `  (SELECT json_agg(s.shown) FROM (SELECT shown FROM violation LIMIT ${samples}) AS s) AS samples,`,
        `  json_build_object(${figures.join(',\n    ')}) AS figures`,
        'FROM violation',
      ].join('\n'),
  };
}

/** Under the collation C, letters other than A to Z are left as they are: no input function changes their case. */
const CHANGED = 'lower(l.back) <> lower(l.given)';
const OTHER_CASE = 'l.back <> l.given AND NOT lower(l.back) <> lower(l.given)';

/** A uuid is printed in lower case, so that the others need not be cast once more to see that their letters stay. */
const MAY_DIFFER: Readonly<Record<string, string>> = { uuid: `v.given <> lower(v.given)` };

/**
 * A row for each value: what is given, whether it can be read, what it becomes and comes back as. OFFSET 0 keeps the
 * planner from copying the cast to each place where its result is used; the CASE keeps it from casting what it cannot read.
 */
function valuesOf(
  { table, column, to, keyColumns, unique, versionNum }: CastQuestion,
  only?: string,
): string | undefined {
  const valid = validInput('v.given', to, versionNum);
  if (valid === undefined) return undefined;
  const own = `t.${quoteIdentifier(column)}`;
  const where = only === undefined ? '' : ` WHERE ${only}`;
  const keys = keyColumns.map((key, index) => `t.${quoteIdentifier(key)} AS k${index + 1}`);
  const parts = unique.flatMap(({ beside, where }, index) => [
    ...beside.map((other, place) => `t.${quoteIdentifier(other)} AS b${index + 1}_${place + 1}`),
    ...(where === undefined ? [] : [`(${where}) AS in${index + 1}`]),
  ]);
  return [
    `  SELECT ${[...keys, ...parts, 'v.given', 'v.valid', 'w.value', `w.value::text COLLATE "C" AS back`].join(', ')}`,
    `  FROM ${table} AS t,`,
    `    LATERAL (SELECT v.given, ${valid} AS valid FROM (SELECT ${own}::text COLLATE "C" AS given) AS v${where} OFFSET 0) AS v,`,
    `    LATERAL (SELECT CASE WHEN v.valid THEN v.given::${to} END AS value OFFSET 0) AS w`,
    `  WHERE ${own} IS NOT NULL`,
  ].join('\n');
}

/** Values that several texts of one key become, with two of the texts. */
function groupsOf({ beside, where }: UniquePart, index: number, question: CastQuestion): string {
  const others = beside.map((_, place) => `l.b${index + 1}_${place + 1}`);
  const rows = where === undefined ? '' : ` AND l.in${index + 1}`;
  const value = comparable(question.to);
  return [
    `  SELECT ${[...others, `${value} AS value`, 'min(l.given) AS least', 'max(l.given) AS greatest'].join(', ')}`,
    `  FROM (\n${valuesOf(question)!}\n  ) AS l WHERE l.valid${rows}`,
    `  GROUP BY ${[...others, value].join(', ')} HAVING min(l.given) <> max(l.given)`,
  ].join('\n');
}

function doublesOf(part: UniquePart, index: number, question: CastQuestion): string {
  const same = part.nullsNotDistinct === true ? 'IS NOT DISTINCT FROM' : '=';
  const [l, d] = ['l', `d${index + 1}`];
  const others = part.beside.map((_, place) => `b${index + 1}_${place + 1}`);
  return [
    `LEFT JOIN (\n${groupsOf(part, index, question)}\n) AS ${d} ON ${d}.value = ${comparable(question.to)}`,
    ...others.map((other) => `${l}.${other} ${same} ${d}.${other}`),
    ...(part.where === undefined ? [] : [`l.in${index + 1}`]),
  ].join(' AND ');
}

/** Of a type without equality no index is unique, so that its texts are as good as it gets. */
function comparable(to: string): string {
  return /^(json|jsonpath|xml|point|line|lseg|box|path|polygon|circle)(\[\])*$/.test(to) ? 'l.back' : 'l.value';
}

function reasons({ to, unique, masked = false }: CastQuestion): string {
  const article = /^[aeio]/.test(to) ? 'an' : 'a';
  const back = masked ? `'comes back as another text'` : `'comes back as ' || pg_catalog.quote_literal(l.back)`;
  const told = [
    `CASE WHEN NOT l.valid THEN ${quoteLiteral(`not ${article} ${to}`)} WHEN ${CHANGED} THEN ${back} END`,
    ...unique.map((_, index) => {
      const d = `d${index + 1}`;
      const other = `CASE WHEN l.given = ${d}.least THEN ${d}.greatest ELSE ${d}.least END`;
      const double = masked ? `'double of another text'` : `'double of ' || pg_catalog.quote_literal(${other})`;
      return `CASE WHEN ${d}.least IS NOT NULL THEN ${double} END`;
    }),
  ];
  return `pg_catalog.concat_ws('; ', ${told.join(',\n    ')})`;
}
