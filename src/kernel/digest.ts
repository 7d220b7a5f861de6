/**
 * Canonical JSON and its SHA-256. The same value gives the same bytes whatever order its keys were written in, so that
 * what is shown, approved, stored and run can be compared by digest. After RFC 8785, for the values that we have:
 * strings, booleans, null, finite numbers, arrays, plain objects. `undefined` members are left out.
 */
import { createHash } from 'node:crypto';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no JSON form`);
}

/** `ls1:` and 64 hex digits: SHA-256 over the UTF-8 bytes of the canonical JSON. The prefix names this format. */
export function digestOf(value: unknown): string {
  return `ls1:${sha256(canonicalJson(value))}`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
