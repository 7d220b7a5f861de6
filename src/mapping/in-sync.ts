/**
 * Row-by-row comparison of both sides of a mapping, in one statement, so of one snapshot: missing, extra, different,
 * double; NULL-safe. A count or a checksum would not do: both sides can be wrong in the same number.
 */
import { actualRows, rowsDiffer, expectedRows, sameKey, type Mapping } from './mapping.js';

export interface Comparison {
  /** Rows are differences: `problem`, the key, `expected` and `found`. */
  readonly rows: string;
  /** The same with figures, as a check's summary. */
  readonly summary: string;
}

export interface ComparisonOptions {
  /** Target rows without a source row are no difference. */
  readonly extra: 'refuse' | 'allow';
  readonly samples: number;
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
      ['missing', 'extra', 'different', 'double']
        .map((problem) => `    '${problem}', coalesce((SELECT n FROM tally WHERE problem = '${problem}'), 0)`)
        .join(',\n'),
      `  ) AS figures`,
    ].join('\n'),
  };
}

function commonTables(mapping: Mapping, options: ComparisonOptions): string {
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  const extra = options.extra === 'allow' ? '\n    AND e.lockstep_here IS NOT NULL' : '';
  const lines = [
    `expected AS MATERIALIZED (SELECT true AS lockstep_here, s.* FROM (${expectedRows(mapping)}) AS s),`,
    `actual AS (SELECT true AS lockstep_here, t.* FROM (${actualRows(mapping)}) AS t),`,
    `difference AS MATERIALIZED (`,
    `  SELECT CASE WHEN a.lockstep_here IS NULL THEN 'missing' WHEN e.lockstep_here IS NULL THEN 'extra' ELSE 'different' END AS problem,`,
    `    to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found`,
    `  FROM expected AS e FULL JOIN actual AS a ON ${sameKey('e', 'a', mapping)}`,
    `  WHERE (e.lockstep_here IS NULL OR a.lockstep_here IS NULL OR ${rowsDiffer('e', 'a', rest)})${extra}`,
  ];
  // Doubles in the target cannot be: its key stands in a unique index. In the source they can, unless an index says no.
  if (!mapping.oneToOneByIndex) {
    const key = mapping.key.map(({ name }) => name).join(', ');
    lines.push(
      `  UNION ALL`,
      `  SELECT 'double', to_jsonb(d.*), NULL FROM (SELECT ${key}, count(*) AS rows FROM expected GROUP BY ${key} HAVING count(*) > 1) AS d`,
    );
  }
  return [...lines, `)`].join('\n');
}
