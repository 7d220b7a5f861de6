/** Keys: of every type whose equality is its own, and what else spells the same key. */
import type { KeyType } from './draft.js';

const number = (n: number): string => String(n);
const REGIONS = ['eu', 'us', 'asia'] as const;

export const REGION_LIST = REGIONS.map((region) => `'${region}'`);

export const KEY_TYPES: readonly (readonly [weight: number, type: KeyType])[] = [
  [5, { name: 'integer key', types: ['int'], values: [number] }],
  [3, { name: 'bigint key', types: ['bigint'], values: [number] }],
  [3, { name: 'text key', types: ['text'], values: [(n) => `'k${n}'`] }],
  [
    3,
    {
      name: 'citext key',
      types: ['citext'],
      values: [(n) => `'Key${n}@x'`],
      spelled: (n) => `'kEY${n}@X'`,
      before: ['CREATE EXTENSION IF NOT EXISTS citext'],
    },
  ],
  [2, { name: 'numeric key', types: ['numeric'], values: [number], spelled: (n) => `${n}.0` }],
  [1, { name: 'char(n) key', types: ['char(8)'], values: [(n) => `'c${n}'`], spelled: (n) => `'c${n}  '` }],
  [
    // Refused as a key today: LS2006.
    0.4,
    {
      name: 'key of a nondeterministic collation',
      types: ['text COLLATE any_case'],
      values: [(n) => `'Key${n}'`],
      spelled: (n) => `'KEY${n}'`,
      before: [`CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`],
    },
  ],
  [
    1,
    {
      name: 'key of a domain',
      types: ['code'],
      values: [(n) => `'d${n}'`],
      before: [`CREATE DOMAIN code AS text CHECK (VALUE <> '')`],
    },
  ],
  [4, { name: 'composite key', types: ['text', 'int'], values: [(n) => REGION_LIST[n % REGION_LIST.length]!, number] }],
];

/** What `convert_uuid` takes. */
export const OLD_KEY_TYPES: readonly (readonly [weight: number, type: KeyType])[] = KEY_TYPES.filter(([, { name }]) =>
  ['integer key', 'bigint key', 'text key'].includes(name),
);
