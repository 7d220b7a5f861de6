/** Mappings of every kind of key and value, and the values that their two sides may get. Owns no meaning of a comparison. */
import type { MappingDeclaration } from '../../../src/mapping/resolve-mapping.js';

export interface Shape {
  readonly name: string;
  readonly tables: string;
  readonly mapping: MappingDeclaration;
  /** Values that a column of the source or the target may get, as SQL; NULL among them where it may be. */
  readonly source: Readonly<Record<string, readonly string[]>>;
  readonly target: Readonly<Record<string, readonly string[]>>;
  /** Keys of the target as a window notes them, in the mapping's order: one text for all that are one key for the server. */
  readonly keys: readonly (readonly string[])[];
  /** The same of two keys that are one for the server, and what is noted of both. */
  readonly fold?: (key: string) => string;
}

const NUMBERS = ['1', '2', '3', '4', '5', '6'];

const SUBJECTS = [`'s1'`, `'s2'`, `'s3'`, `'s4'`];

const loginValues: Pick<Shape, 'source' | 'target' | 'keys'> = {
  source: {
    id: NUMBERS,
    subject: ['NULL', ...SUBJECTS],
    hidden: ['false', 'false', 'true'],
    note: ['NULL', `''`, `'n'`],
  },
  target: {
    user_id: NUMBERS,
    provider: [`'google'`, `'google'`, `'github'`],
    subject: SUBJECTS,
    note: ['NULL', `''`, `'n'`],
  },
  keys: ['s1', 's2', 's3', 's4'].map((subject) => ['google', subject]),
};

export const SHAPES: readonly Shape[] = [
  {
    name: 'values of many types',
    tables: `CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN word AS text;
      CREATE TABLE source (id int PRIMARY KEY, t text COLLATE blind, v varchar(9), c char(3), n numeric, p numeric(6,2), f float8, j json,
        w word, m mood, at timestamptz, u uuid, b bytea, y boolean, i interval, a text[]);
      CREATE TABLE target (LIKE source INCLUDING ALL)`,
    mapping: { from: 'source', to: 'target', columns: 'same' },
    ...bothSides({
      id: NUMBERS,
      t: ['NULL', `''`, `'A'`, `'a'`],
      v: ['NULL', `''`, `'x'`, `'x '`],
      c: ['NULL', `''`, `'x'`, `'X'`],
      n: ['NULL', '1.0', '1.00'],
      p: ['NULL', '1.0', '1.5'],
      f: ['NULL', '0', `'-0'`],
      j: ['NULL', `'{"a":1}'`, `'{"a": 1}'`],
      w: ['NULL', `'w'`, `'W'`],
      m: ['NULL', `'glad'`, `'sad'`],
      at: ['NULL', `'2026-03-01'`, `'2026-03-01 00:00:00.000001'`],
      u: ['NULL', `'${'0'.repeat(31)}1'`, `'${'0'.repeat(31)}2'`],
      b: ['NULL', `''`, `'\\x00'`],
      y: ['NULL', 'true', 'false'],
      i: ['NULL', `'1 day'`, `'24 hours'`],
      a: ['NULL', `'{}'`, `'{NULL}'`, `'{a}'`],
    }),
    keys: NUMBERS.map((number) => [number]),
  },
  {
    name: 'a composite key, a part of each side',
    tables: loginTables(''),
    mapping: logins(
      'subject IS NOT NULL AND NOT hidden -- of each, a part',
      `provider = 'google' -- the others are of others`,
    ),
    ...loginValues,
  },
  {
    name: 'a key that may be NULL, and no index that says it is one to one',
    tables: loginTables(' WHERE id < 0'),
    mapping: { ...logins(undefined, `provider = 'google'`), key: ['subject', 'provider'] },
    ...loginValues,
    keys: loginValues.keys.map((key) => key.toReversed()),
  },
  {
    name: 'a citext key, and a citext value',
    tables: `CREATE TABLE source (id int PRIMARY KEY, mail text, label citext, size int);
      CREATE TABLE target (mail citext PRIMARY KEY, label citext, size bigint)`,
    mapping: {
      from: 'source',
      to: 'target',
      columns: { mail: 'mail', label: 'label', size: 'size' },
      where: 'mail IS NOT NULL',
    },
    source: {
      id: NUMBERS,
      mail: ['NULL', `'a@x'`, `'A@x'`, `'b@x'`, `'c@x'`, `'C@X'`],
      label: ['NULL', `'l'`, `'L'`],
      size: ['NULL', '1', '2'],
    },
    target: { mail: [`'a@x'`, `'B@x'`, `'c@x'`, `'d@x'`], label: ['NULL', `'l'`, `'L'`], size: ['NULL', '1', '2'] },
    keys: [['a@x'], ['b@x'], ['c@x'], ['d@x']],
    fold: (key) => key.toLowerCase(),
  },
  {
    name: 'expressions alone, one of them the same in each row',
    tables: `CREATE TABLE source (id int PRIMARY KEY, mail text NOT NULL, name text);
      CREATE TABLE target (kind text, mail text, name text NOT NULL, PRIMARY KEY (kind, mail))`,
    mapping: {
      ...{ from: 'source', to: 'target', key: ['kind', 'mail'] },
      columns: { kind: `'user'`, mail: 'lower(mail)', name: `coalesce(name, '') -- never NULL` },
    },
    source: { id: NUMBERS, mail: [`'a'`, `'A'`, `'b'`, `'c'`, `'d'`], name: ['NULL', `''`, `'n'`] },
    target: { kind: [`'user'`, `'other'`], mail: [`'a'`, `'A'`, `'b'`, `'c'`], name: [`''`, `'n'`] },
    keys: ['a', 'A', 'b', 'c', 'd'].map((mail) => ['user', mail]),
  },
];

function bothSides(values: Shape['source']): Pick<Shape, 'source' | 'target'> {
  return { source: values, target: values };
}

/** `partly`: of the unique index. */
function loginTables(partly: string): string {
  return `CREATE TABLE source (id int PRIMARY KEY, subject text, hidden boolean NOT NULL, note text);
    CREATE UNIQUE INDEX ON source (subject)${partly};
    CREATE TABLE target (user_id int, provider text, subject text, note text, PRIMARY KEY (provider, subject))`;
}

function logins(where: string | undefined, targetWhere: string): MappingDeclaration {
  return {
    ...{ from: 'source', to: 'target', key: ['provider', 'subject'], target_where: targetWhere },
    ...(where !== undefined && { where }),
    columns: { user_id: 'id', provider: { value: 'google' }, subject: 'subject', note: 'note' },
  };
}
