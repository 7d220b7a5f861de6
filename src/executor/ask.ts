/** Asks one check: one statement, one row, one snapshot. */
import type { CheckAnswer, CheckQuery } from '../operation/check-query.js';
import type { Session } from './session.js';

export async function ask(check: CheckQuery, session: Session): Promise<CheckAnswer> {
  const { rows } = await session.query<RawAnswer>(check.summary);
  const row = rows[0]!;
  return {
    violations: Number(row.violations),
    samples: (row.samples ?? []).map((sample) => masked(sample, check.mask)),
    figures: row.figures,
  };
}

interface RawAnswer {
  readonly violations: string;
  readonly samples: readonly Readonly<Record<string, unknown>>[] | null;
  readonly figures: Readonly<Record<string, unknown>> | null;
}

/** Also in nested rows: `in_sync` shows both sides of a difference. */
function masked(sample: Readonly<Record<string, unknown>>, mask: readonly string[]): Readonly<Record<string, unknown>> {
  if (mask.length === 0) return sample;
  const entries = Object.entries(sample).map(([column, value]): [string, unknown] => {
    if (mask.includes(column)) return [column, value === null ? null : '•••'];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [column, value];
    return [column, masked(value as Readonly<Record<string, unknown>>, mask)];
  });
  return Object.fromEntries(entries);
}
