/** Old keys: numbers, and texts as people have them. */
import { createHash } from 'node:crypto';

import { quoteLiteral } from '../../../../src/sql/identifier.js';

export const KEY_TYPES = ['integer', 'bigint', 'text', 'character varying(40)'] as const;

export type KeyType = (typeof KEY_TYPES)[number];

/** SQL of the `nth` key of a table. Each another one; those of a cast are uuids, in letters of either case. */
export function oldKey(type: KeyType, value: string, nth: number, table: number): string {
  if (type === 'integer') return String(nth * 3 + table * 1000);
  if (type === 'bigint') return String(9_007_199_254_740_993n + BigInt(nth));
  if (value !== 'cast') return quoteLiteral([`k-${nth}`, `schlüssel ${nth}`, `it's ${nth}`, ` ${nth} `][nth % 4]!);
  const hex = createHash('sha256').update(`${table} ${nth}`).digest('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  return quoteLiteral(nth % 3 === 0 ? uuid.toUpperCase() : nth % 3 === 1 ? uuid : uuid.replaceAll('a', 'A'));
}
