/** Durations as people write them: `250ms`, `5s`, `1m`, `24h`, `30d`, or several parts, largest first: `1h30m`. */

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** One or more `<integer><unit>` parts, each unit at most once and in falling order. Usable in a JSON schema. */
export const DURATION_PATTERN = '^(?=.)(\\d+d)?(\\d+h)?(\\d+m(?!s))?(\\d+s)?(\\d+ms)?$';

/** Milliseconds, or undefined where the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[dhms])/g))
    total += Number(amount) * UNITS[unit as keyof typeof UNITS];
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest exact writing: 90000 → `1m30s`, 0 → `0s`. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text;
}
