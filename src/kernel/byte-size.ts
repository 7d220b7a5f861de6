/** Sizes as people and PostgreSQL's settings write them: `512kB`, `64MB`, `1GB`. A unit is 1024 of the one before it. */

const UNITS = { TB: 1024 ** 4, GB: 1024 ** 3, MB: 1024 ** 2, kB: 1024, B: 1 } as const;

/** An integer and its unit. Usable in a JSON schema. */
export const BYTE_SIZE_PATTERN = '^\\d{1,15}(B|kB|MB|GB|TB)$';

/** Bytes, or undefined where the text is not a size. */
export function parseByteSize(text: string): number | undefined {
  if (!new RegExp(BYTE_SIZE_PATTERN).test(text)) return undefined;
  const [, amount = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
  const bytes = Number(amount) * UNITS[unit as keyof typeof UNITS];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For people, in the largest unit that leaves at least one: `1.2 GB`, `512 kB`, `0 B`. */
export function formatByteSize(bytes: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, each]) => bytes >= each) ?? ['B', 1];
  const amount = bytes / size;
  return `${Number.isInteger(amount) || unit === 'B' ? Math.round(amount) : amount.toFixed(1)} ${unit}`;
}
