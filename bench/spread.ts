/** What several measurements of one thing say. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: percentile(values, 50), min: sorted[0]!, max: sorted.at(-1)! };
}

/** The smallest value that at least `percent` of them do not exceed; of two in the middle their mean. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (percent / 100) * sorted.length;
  if (percent === 50 && Number.isInteger(at)) return (sorted[at - 1]! + sorted[at]!) / 2;
  return sorted[Math.max(0, Math.ceil(at) - 1)]!;
}
