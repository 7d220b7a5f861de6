/** Types that a table may be walked by, each with keys that a careless cursor would lose. One entry is one shape. */
export interface KeyShape {
  readonly type: string;
  /** Statements before the tables. */
  readonly before?: string;
  readonly keys: readonly string[];
  /** Name of a collation that a server may lack. */
  readonly collation?: string;
}

const NASTY_TEXTS = [
  ...[
    '',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r\n',
    "'",
    "''",
    '"',
    '\\',
    '\\\\',
    '\\n',
    '$1',
    '$$',
    '{}',
    '{a,b}',
    'NULL',
    'null',
    '%s',
    ';--',
  ],
  ...[
    'a',
    'A',
    'ä',
    'a\u0308',
    'ß',
    'ss',
    'é',
    'z',
    'Z',
    '日本語',
    '🦊',
    '\u200b',
    '\u202e',
    '\u0001',
    '\u007f',
    '\uffff',
  ],
];

export const KEY_SHAPES: readonly KeyShape[] = [
  {
    type: 'bigint',
    keys: [
      ...[
        '-9223372036854775808',
        '-9007199254740993',
        '-1',
        '0',
        '9007199254740991',
        '9007199254740992',
        '9007199254740993',
      ],
      ...['9223372036854775806', '9223372036854775807'],
    ],
  },
  { type: 'smallint', keys: ['-32768', '-1', '0', '1', '32767'] },
  {
    type: 'numeric',
    keys: ['-1e100', '-0.1', '0', '0.30000000000000001', '0.30000000000000002', '9007199254740993', 'NaN', 'Infinity'],
  },
  { type: 'numeric(10,2)', keys: ['-1.10', '0.00', '0.01', '99999999.99'] },
  {
    type: 'timestamp with time zone',
    keys: [
      ...['2024-03-01 12:00:00.000001+00', '2024-03-01 12:00:00.000002+00', '2024-03-01 12:00:00.000003+00'],
      ...[
        '2024-03-01 12:00:00.000999+00',
        '2024-03-01 12:00:00.001+00',
        '0044-03-15 00:00:00+00 BC',
        '-infinity',
        'infinity',
      ],
    ],
  },
  {
    type: 'timestamp(3) without time zone',
    keys: ['2024-10-27 02:30:00.001', '2024-10-27 02:30:00.002', '2024-10-27 02:30:00.003'],
  },
  { type: 'date', keys: ['4713-01-01 BC', '1970-01-01', '1582-10-10', '9999-12-31', '10000-01-01', 'infinity'] },
  { type: 'time without time zone', keys: ['00:00', '23:59:59.999999', '24:00'] },
  { type: 'interval', keys: ['-1 mon', '0', '1 day', '24:00:00.000001', '1 year 2 mons'] },
  {
    type: 'uuid',
    keys: [
      '00000000-0000-0000-0000-000000000000',
      '0188d9a0-0000-7000-8000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ],
  },
  { type: 'bytea', keys: ['', '\\x00', '\\x0001', '\\x5c', '\\x5c78', '\\xff', '\\xffff'] },
  { type: 'text', keys: NASTY_TEXTS },
  { type: 'text COLLATE "C"', keys: NASTY_TEXTS },
  { type: 'text COLLATE "en-x-icu"', keys: NASTY_TEXTS.filter((text) => text !== '\uffff'), collation: 'en-x-icu' },
  { type: 'character varying(20)', keys: ['', 'b', 'B', 'a b', 'a  b', 'ab'] },
  { type: 'character(5)', keys: ['', 'a', 'ab', 'a b', 'abcde'] },
  {
    type: 'mood',
    before: `CREATE TYPE mood AS ENUM ('sad', 'ok', 'a "quoted", one', 'happy')`,
    keys: ['sad', 'ok', 'a "quoted", one', 'happy'],
  },
  {
    type: 'positive',
    before: 'CREATE DOMAIN positive AS bigint CHECK (VALUE > 0)',
    keys: ['1', '2', '9007199254740993'],
  },
  {
    type: '"Weird ""Type"" (x)"',
    before: 'CREATE DOMAIN "Weird ""Type"" (x)" AS text COLLATE "C"',
    keys: ['a', 'B', 'c'],
  },
  { type: 'inet', keys: ['10.0.0.0/8', '10.0.0.1', '::1', '192.168.0.0/16'] },
  { type: 'macaddr', keys: ['00:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff'] },
  { type: 'boolean', keys: ['false', 'true'] },
  { type: 'bit(3)', keys: ['000', '101', '111'] },
  { type: 'bit varying(8)', keys: ['', '0', '00', '1'] },
  { type: '"char"', keys: ['a', 'b', 'Z'] },
  { type: 'name', keys: ['a', 'B', 'weird "name"'] },
  { type: 'oid', keys: ['0', '2147483648', '4294967295'] },
  { type: 'int[]', keys: ['{}', '{1}', '{1,2}', '{2}'] },
  { type: 'text[]', keys: ['{}', '{""}', '{"a,b","{}"}', '{"\\"",NULL}'] },
  { type: 'int8range', keys: ['empty', '[1,5)', '[1,6)', '(,)'] },
  { type: 'pair', before: 'CREATE TYPE pair AS (a int, b text)', keys: ['(1,a)', '(1,"b ""q"", x")', '(2,)'] },
];
