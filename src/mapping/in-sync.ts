/**
 * Row-by-row comparison of both sides of a mapping, in one statement, so of one snapshot: missing, extra, different,
 * double; NULL-safe. A count or a checksum would not do: both sides can be wrong in the same number.
 */
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import {
  actualRows,
  asValue,
  keyArray,
  rowsDiffer,
  expectedRows,
  rowsFrom,
  sameKey,
  sqlName,
  targetCondition,
  type Mapping,
} from './mapping.js';
import { rowsDifferFast } from './rows-differ-fast.js';

export interface Comparison {
  /** Rows are differences: `problem`, the key, `expected` and `found`. */
  readonly rows: string;
  /** The same with figures, as a check's summary. */
  readonly summary: string;
}

export interface ComparisonOptions {
  /** Target rows without a source row are no difference. */
  readonly extra: 'refuse' | 'allow';
  /** Source rows without a target row are no difference; default `refuse`. */
  readonly missing?: 'refuse' | 'allow';
  readonly samples: number;
  /**
   * Name of the window that keeps the mapping in step: then a row whose key was deleted since, and did not come back, is a
   * difference too. The rows alone cannot tell: measured, a deleted row came back on both sides.
   */
  readonly window?: string | undefined;
}

export function comparison(mapping: Mapping, options: ComparisonOptions): Comparison {
  const parts = commonTables(mapping, options);
  return {
    rows: `WITH ${parts}\nSELECT * FROM difference`,
    summary: [
      `WITH ${parts},`,
      `tally AS (SELECT problem, count(*) AS n FROM difference GROUP BY problem)`,
      `SELECT (SELECT count(*) FROM difference) AS violations,`,
      `  (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM difference ORDER BY problem LIMIT ${options.samples}) AS s) AS samples,`,
      `  json_build_object('compared', (SELECT count(*) FROM expected),`,
      ['missing', 'extra', 'different', 'double', ...(options.window === undefined ? [] : ['resurrected'])]
        .map((problem) => `    '${problem}', coalesce((SELECT n FROM tally WHERE problem = '${problem}'), 0)`)
        .join(',\n'),
      `  ) AS figures`,
    ].join('\n'),
  };
}

/**
 * Nothing but the columns goes through the join, and no table is kept on the way: `expected` as one, whole rows in the hash, and an
 * estimate of as many differences as rows made it four times as slow, in one process (measured). `compared` is a count of its own.
 */
function commonTables(mapping: Mapping, options: ComparisonOptions): string {
  const [keyColumn] = mapping.key;
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  // The target's key is NOT NULL, and `=` holds for no NULL: where a side of a pair is NULL there, it has no row. So written
  // it is also right of a value whose parts are all NULL.
  const isAbsent = (side: string): string => `${side}.${keyColumn!.name} IS NOT DISTINCT FROM NULL`;
  const row = (side: string, alias: string): string =>
    `CROSS JOIN LATERAL (SELECT ${mapping.columns.map(({ name }) => `${side}.${name} AS ${name}`).join(', ')}) AS ${alias}`;
  const asked = [
    ...(options.missing === 'allow' ? [] : ['missing']),
    ...(options.extra === 'allow' ? [] : ['extra']),
    'different',
  ];
  const keys =
    options.window === undefined
      ? ''
      : `,\n    ${keyArray(mapping.key, 'e')} AS expected_key, ${keyArray(mapping.key, 'a')} AS found_key`;
  const lines = [
    `expected AS NOT MATERIALIZED (${expectedRows(mapping)}),`,
    `actual AS NOT MATERIALIZED (${actualRows(mapping)}),`,
    // A full join whatever is asked: an outer one may go over every pair where statistics are old (measured). The CASE lets
    // nothing through to the join, and `IN` lets the server expect few rows.
    `pair AS MATERIALIZED (`,
    `  SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,`,
    `    CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found${keys}`,
    `  FROM expected AS e FULL JOIN actual AS a ON ${sameKey('e', 'a', mapping)}`,
    `  CROSS JOIN LATERAL (SELECT CASE WHEN ${isAbsent('a')} THEN 'missing' WHEN ${isAbsent('e')} THEN 'extra'`,
    `    WHEN ${rowsDifferFast('e', 'a', rest)} THEN 'different' END AS problem) AS p`,
    `  ${row('e', 's')}`,
    `  ${row('a', 't')}`,
    `  WHERE p.problem IN (${asked.map((problem) => `'${problem}'`).join(', ')})`,
    `),`,
    `difference AS MATERIALIZED (`,
    `  SELECT p.problem, p.expected, p.found FROM pair AS p${excused(mapping, options)}`,
  ];
  // Doubles in the target cannot be: its key stands in a unique index. In the source they can, unless an index says no.
  if (!mapping.oneToOneByIndex) {
    const key = mapping.key.map(({ name }) => name).join(', ');
    lines.push(
      `  UNION ALL`,
      `  SELECT 'double', to_jsonb(d.*), NULL FROM (SELECT ${key}, count(*) AS rows FROM expected GROUP BY ${key} HAVING count(*) > 1) AS d`,
    );
  }
  if (options.window !== undefined) {
    // From the keys to the rows: nobody has statistics of the keys, and a join read the whole target for each of them.
    lines.push(
      `  UNION ALL`,
      `  SELECT 'resurrected', NULL, to_jsonb(a.*) FROM lockstep.tombstone AS d CROSS JOIN LATERAL (${targetByKey(mapping, 'd.key')}\n  OFFSET 0) AS a`,
      `    WHERE d.window_name = ${quoteLiteral(options.window)} AND d.mapping = ${quoteLiteral(mapping.name)}`,
    );
  }
  return [...lines, `)`].join('\n');
}

/** Of pairs that differ, which are few, the journal is asked whether that is known. */
function excused(mapping: Mapping, { window }: ComparisonOptions): string {
  if (window === undefined) return '';
  const conditions = [`NOT ${wasAccepted(window, mapping, ['p.expected_key', 'p.found_key'])}`];
  if (mapping.reverse?.onDelete === 'ignore')
    conditions.push(`NOT (p.problem = 'missing' AND ${isForgotten(window, mapping, 'p.expected_key')})`);
  return `\n  WHERE ${conditions.join('\n    AND ')}`;
}

/** A target row that went and left its source row behind, as the mapping says. Keys that are deleted on the old side have no row there. */
function isForgotten(window: string, { name }: Mapping, key: string): string {
  return `EXISTS (SELECT FROM lockstep.tombstone AS f WHERE f.window_name = ${quoteLiteral(window)} AND f.mapping = ${quoteLiteral(name)} AND f.key = ${key})`;
}

/** What one side did not take, and a person has accepted so. */
function wasAccepted(window: string, { name }: Mapping, keys: readonly string[]): string {
  const same = keys.map((key) => `${key} IN (f.key_before, f.key_after)`).join(' OR ');
  return `EXISTS (SELECT FROM lockstep.mirror_failure AS f WHERE f.window_name = ${quoteLiteral(window)} AND f.mapping = ${quoteLiteral(name)}
      AND f.accepted_at IS NOT NULL AND (${same}))`;
}

/** Rows are differences among the target keys that `keys` selects, as text[] under the name `key`; looked up one by one. */
export function anyKeyDiffers(mapping: Mapping, keys: string): string {
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  const wanted = mapping.key.map(({ name, type }, index) => `k.key[${index + 1}]::${type} AS ${name}`).join(', ');
  const ofSource = mapping.key.map((column) => `${asValue(column)} = w.${column.name}`).join(' AND ');
  const forgotten =
    mapping.forgetsIn === undefined
      ? ''
      : ` AND NOT (a.lockstep_here IS NULL AND ${isForgotten(mapping.forgetsIn, mapping, 'w.lockstep_key')})`;
  return `SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
FROM (SELECT k.key AS lockstep_key, ${wanted} FROM (${keys}) AS k) AS w
LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (${rowsFrom(sqlName(mapping.source), mapping, ofSource)}\nOFFSET 0) AS s) AS e ON true
LEFT JOIN LATERAL (SELECT true AS lockstep_here, t.* FROM (${targetByKey(mapping, 'w.lockstep_key')}\nOFFSET 0) AS t) AS a ON true
WHERE (e.lockstep_here IS DISTINCT FROM a.lockstep_here OR (e.lockstep_here AND ${rowsDiffer('e', 'a', rest)}))${forgotten}`;
}

/** The target row with the key that `key` says, SQL for a text[], where it belongs to the mapping. */
function targetByKey(mapping: Mapping, key: string): string {
  const same = mapping.key.map(({ name, type }, index) => `t.${name} = ${key}[${index + 1}]::${type}`).join(' AND ');
  const row = `SELECT t.* FROM ${sqlName(mapping.target)} AS t WHERE ${same}`;
  const condition = targetCondition(mapping);
  if (condition === '') return row;
  return `SELECT * FROM (${row}\nOFFSET 0) AS ${quoteIdentifier(mapping.target.name)} WHERE ${condition}`;
}
