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

/** `actual 59, expected 60`; without figures the number of violations. */
export function describeAnswer({ figures, violations }: CheckAnswer): string {
  if (figures !== null && Object.keys(figures).length > 0)
    return worthSaying(Object.entries(figures))
      .map(([figure, value]) => `${figure} ${showFigure(value)}`)
      .join(', ');
  const rows = `${showFigure(violations)} ${violations === 1 ? 'row' : 'rows'}`;
  return violations === 0 ? rows : `${rows}, expected 0`;
}

/** Of many figures those that are zero say nothing beside those that are not. */
function worthSaying(figures: readonly (readonly [string, unknown])[]): readonly (readonly [string, unknown])[] {
  const counted = figures.filter(([, value]) => value !== 0);
  return figures.length <= 2 || counted.length === 0 ? figures : counted;
}

const LONGEST = 80;

function showFigure(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '') return `''`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The summary of a plain query of violations. `figures`: SQL that returns one row of numbers, of the same snapshot. */
export function summarise(rows: string, samples: number, figures?: string): string {
  // A bare alias would be a column, where the rows have one of that name; with a star it is always the row.
  const shown = `(SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT ${samples}) AS s)`;
  const counted = figures === undefined ? 'NULL::json' : `(SELECT to_json(f) FROM (\n${figures}\n) AS f)`;
  return `WITH violation AS MATERIALIZED (\n${rows}\n)\nSELECT count(*) AS violations, ${shown} AS samples, ${counted} AS figures\nFROM violation`;
}
