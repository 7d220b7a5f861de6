/** Types of columns with values for them: row `n` of a table has the value that `value` computes. */
import { quoteLiteral } from '../../../src/sql/identifier.js';
import type { Choice } from './random-choice.js';

export interface RandomType {
  readonly type: string;
  /** SQL over `n`, different for each n. */
  readonly value: string;
  readonly defaults: readonly string[];
}

export const TYPES: readonly RandomType[] = [
  { type: 'bigint', value: 'n', defaults: ['0', '1 + 2', '-7'] },
  { type: 'integer', value: 'n', defaults: ['0', '(3 * 4)'] },
  { type: 'smallint', value: 'n', defaults: ['7'] },
  { type: 'text', value: `'v' || n`, defaults: [`'a, b'`, quoteLiteral(`it's (`), `'x' || 'y'`, `upper('z')`] },
  { type: 'varchar(40)', value: `'w' || n`, defaults: [`'free'`, `'DEFAULT'`] },
  { type: 'character varying(10)[]', value: `ARRAY['e' || n]`, defaults: [`'{}'`, `ARRAY['a', 'b']`] },
  { type: 'numeric(10,2)', value: 'n + 0.5', defaults: ['0.25', '1e2'] },
  { type: 'numeric', value: 'n * 1.5', defaults: ['0'] },
  { type: 'boolean', value: 'n % 2 = 0', defaults: ['true', '(NOT true)'] },
  { type: 'date', value: `date '2026-01-01' + n`, defaults: ['CURRENT_DATE', `'2026-05-05'`] },
  {
    type: 'timestamptz',
    value: `timestamptz '2026-01-01 00:00+00' + n * interval '1 hour'`,
    defaults: ['now()', 'CURRENT_TIMESTAMP'],
  },
  {
    type: 'timestamp(3) without time zone',
    value: `timestamp '2026-01-01' + n * interval '1 hour'`,
    defaults: ['LOCALTIMESTAMP'],
  },
  { type: 'uuid', value: `md5(n::text)::uuid`, defaults: [`'00000000-0000-0000-0000-000000000000'`] },
  { type: 'jsonb', value: `jsonb_build_object('n', n)`, defaults: [`'{"a": [1, 2]}'`] },
  { type: 'interval day to second(2)', value: `n * interval '1 day'`, defaults: [`'1 day'`] },
  { type: 'char(12)', value: `'c' || n`, defaults: [`'k'`] },
  { type: 'text COLLATE "C"', value: `'u' || n`, defaults: [`'q'`] },
];

/** Of a key: no two that compare equal, and an operator class for btree. */
export const KEY_TYPES: readonly RandomType[] = TYPES.filter(({ type }) =>
  ['bigint', 'integer', 'text', 'uuid', 'varchar(40)', 'date'].includes(type),
);

export function randomType(choice: Choice): RandomType {
  return choice.one(TYPES);
}

/** Conditions that hold for every value of the generated rows, by the beginning of the type's name. */
export function conditionOn(column: string, type: string): string {
  if (/^(bigint|integer|smallint|numeric)/.test(type)) return `${column} > -100`;
  if (/^(text|character varying|varchar)(?!.*\[\])/.test(type)) return `length(${column}) < 100 AND ${column} <> ','`;
  return `${column} IS NOT NULL OR (${column}) IS NULL`;
}

export function isNumber(type: string): boolean {
  return /^(bigint|integer|smallint|numeric)/.test(type);
}

export function isText(type: string): boolean {
  return /^(text|character varying|varchar)(?!.*\[\])/.test(type);
}
