/** Numbers, times and values as people read them. The same in every locale: reports are compared. */
import { printable } from './display-width.js';

/** `84,213,004`: for what was counted. */
export function showCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `84.2M`, `312,904`: for estimates, and where room is short. */
export function showRounded(count: number): string {
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
  ] as const;
  for (const [size, unit] of units) if (count >= size) return `${(count / size).toFixed(1)}${unit}`;
  return showCount(count);
}

/** `46.8%` */
export function showShare(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;
}

/** `840 ms`, `12.3 s`, `3m12s`, `1h31m`, `2d4h`: two units are enough. */
export function showTime(durationMs: number): string {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  const pairs = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'm'],
    [60, 'm', 1, 's'],
  ] as const;
  const [large, unit, small, rest] = pairs.find(([size]) => seconds >= size) ?? pairs[2];
  return `${Math.floor(seconds / large)}${unit}${Math.floor((seconds % large) / small)}${rest}`;
}

/** `22:01:40Z` */
export function showClock(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)}Z`;
}

/** `2026-07-01 22:01:40Z` of an ISO 8601 text in UTC. */
export function showMoment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}

/** A value of a row, in one line and not longer than a person looks at. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = printable(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line === '' ? `''` : line;
}

const LONGEST = 80;

/** `id 51882733   customer_uuid NULL` */
export function showRow(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([column, value]) => `${printable(column)} ${showValue(value)}`)
    .join('   ');
}

/** What an operation does, in one line; what everybody has in `public` is named as everybody names it. */
export function showLabel(label: string): string {
  return printable(label.replaceAll(/\bpublic\./g, '').replaceAll(/\s+/g, ' '));
}

/** `1 row`, `3 rows` */
export function showRows(count: number): string {
  return `${showCount(count)} ${count === 1 ? 'row' : 'rows'}`;
}

/** `ls1:7f3c…e91a`: enough to compare by eye; machines get the whole. */
export function showDigest(digest: string): string {
  const [, prefix = '', hex = digest] = /^([^:]+:)(.*)$/.exec(digest) ?? [];
  return hex.length <= 12 ? digest : `${prefix}${hex.slice(0, 4)}…${hex.slice(-4)}`;
}
