/**
 * A check as the executor runs it: one statement that answers with one row, so that count, samples and figures are of one
 * snapshot. Owns the form; the checks themselves live in `checks`.
 */
export interface CheckQuery {
  /** The check's kind: `no_orphans`. */
  readonly check: string;
  /** What a person calls it: its `name`, else a sentence derived from its fields. */
  readonly name: string;
  readonly severity: 'error' | 'warning';
  /** SQL whose rows are the violations: what `verify --sql` prints for a person to run by hand. */
  readonly rows: string;
  /** SQL that returns one row: `violations` bigint, `samples` json array or null, `figures` json object or null. */
  readonly summary: string;
  /** Columns whose values are not shown. */
  readonly mask: readonly string[];
}

/** The answer. `figures` are what the check counted, also when it holds: "actual 59, expected 59". */
export interface CheckAnswer {
  readonly violations: number;
  readonly samples: readonly Readonly<Record<string, unknown>>[];
  readonly figures: Readonly<Record<string, unknown>> | null;
}

/** The summary of a plain query of violations. `figures`: SQL that returns one row of numbers, of the same snapshot. */
export function summarise(rows: string, samples: number, figures?: string): string {
  // A bare alias would be a column, where the rows have one of that name; with a star it is always the row.
  const shown = `(SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT ${samples}) AS s)`;
  const counted = figures === undefined ? 'NULL::json' : `(SELECT to_json(f) FROM (\n${figures}\n) AS f)`;
  return `WITH violation AS MATERIALIZED (\n${rows}\n)\nSELECT count(*) AS violations, ${shown} AS samples, ${counted} AS figures\nFROM violation`;
}
