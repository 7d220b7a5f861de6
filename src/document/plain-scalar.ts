/**
 * What an unquoted YAML scalar stands for: YAML 1.2 core schema (10.3), cut down to the writings that every reader takes
 * for the same value. `yes`, `no`, `on`, `off`, dates and times of day are text. A number arrives only when it prints
 * back as it was written; anything else that some YAML version takes for a number is refused.
 */
export type PlainScalar =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'inexact number'; readonly why: string };

export function plainScalar(source: string): PlainScalar {
  if (NULLS.has(source)) return { kind: 'value', value: null };
  const boolean = BOOLEANS.get(source);
  if (boolean !== undefined) return { kind: 'value', value: boolean };
  const form = NUMBER_FORMS.find(({ pattern }) => pattern.test(source));
  if (form === undefined) return { kind: 'value', value: source };
  if (form.why !== undefined) return { kind: 'inexact number', why: form.why };
  const value = Number(source);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return { kind: 'inexact number', why: 'it is beyond 2^53, where numbers are rounded' };
  if (String(value) !== source || Object.is(value, -0))
    return { kind: 'inexact number', why: `it would be read as \`${value}\`` };
  return { kind: 'value', value };
}

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

/** In the order of asking. A form without a reason is a number if it prints back the same. */
const NUMBER_FORMS: readonly { readonly pattern: RegExp; readonly why?: string }[] = [
  { pattern: /^-?(0|[1-9]\d*)(\.\d+)?$/ },
  { pattern: /^[-+]?0[xX][\da-fA-F_]+$/, why: 'it is hexadecimal to some readers and text to others' },
  { pattern: /^[-+]?0[oO][0-7_]+$/, why: 'it is octal to some readers and text to others' },
  { pattern: /^[-+]?0[bB][01_]+$/, why: 'it is binary to some readers and text to others' },
  { pattern: /^[-+]?0\d+$/, why: 'it begins with 0, which makes it octal to some readers and decimal to others' },
  { pattern: /^[-+]?\d[\d_]*_[\d_]*(\.[\d_]*)?$/, why: 'with `_` it is a number to some readers and text to others' },
  { pattern: /^[-+]?(\d[\d_]*\.?|\.\d)[\d_]*[eE][-+]?\d+$/, why: 'it has an exponent, and would be rewritten' },
  { pattern: /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/, why: 'it is not a finite number' },
  {
    pattern: /^[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*|\d+)$/,
    why: 'it is not in plain decimal form, and would be rewritten',
  },
];
