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

function commonTables(mapping: Mapping, options: ComparisonOptions): string {
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  // Inside coalesce, else the full join becomes an outer one, which may go over every pair where statistics are old (measured).
  const extra = options.extra === 'allow' ? '\n    AND coalesce(e.lockstep_here, false)' : '';
  const missing = options.missing === 'allow' ? '\n    AND coalesce(a.lockstep_here, false)' : '';
  const forgotten =
    options.window === undefined || mapping.reverse?.onDelete !== 'ignore'
      ? ''
      : `\n    AND NOT (a.lockstep_here IS NULL AND ${isForgotten(options.window, mapping, keyArray(mapping.key, 'e'))})`;
  const accepted = options.window === undefined ? '' : `\n    AND NOT ${wasAccepted(options.window, mapping)}`;
  const lines = [
    `expected AS MATERIALIZED (SELECT true AS lockstep_here, s.* FROM (${expectedRows(mapping)}) AS s),`,
    `actual AS (SELECT true AS lockstep_here, t.* FROM (${actualRows(mapping)}) AS t),`,
    `difference AS MATERIALIZED (`,
    `  SELECT CASE WHEN a.lockstep_here IS NULL THEN 'missing' WHEN e.lockstep_here IS NULL THEN 'extra' ELSE 'different' END AS problem,`,
    `    to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found`,
    `  FROM expected AS e FULL JOIN actual AS a ON ${sameKey('e', 'a', mapping)}`,
    `  WHERE (e.lockstep_here IS NULL OR a.lockstep_here IS NULL OR ${rowsDiffer('e', 'a', rest)})${extra}${missing}${forgotten}${accepted}`,
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

/** A target row that went and left its source row behind, as the mapping says. Keys that are deleted on the old side have no row there. */
function isForgotten(window: string, { name }: Mapping, key: string): string {
  return `EXISTS (SELECT FROM lockstep.tombstone AS f WHERE f.window_name = ${quoteLiteral(window)} AND f.mapping = ${quoteLiteral(name)} AND f.key = ${key})`;
}

/** What one side did not take, and a person has accepted so. */
function wasAccepted(window: string, { name, key }: Mapping): string {
  const same = (of: string): string => `${keyArray(key, of)} IN (f.key_before, f.key_after)`;
  return `EXISTS (SELECT FROM lockstep.mirror_failure AS f WHERE f.window_name = ${quoteLiteral(window)} AND f.mapping = ${quoteLiteral(name)}
      AND f.accepted_at IS NOT NULL AND (${same('e')} OR ${same('a')}))`;
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
