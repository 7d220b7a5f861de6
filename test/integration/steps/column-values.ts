/** Types of columns whose values must come back to the bit, after a copy and after a fill in place. One entry is one shape. */
export interface ColumnShape {
  readonly type: string;
  readonly before?: string;
  /** What the rows hold, and what a fill writes over them: beside one another. Null is NULL. */
  readonly values: readonly (string | null)[];
  readonly others: readonly (string | null)[];
}

export const COLUMN_SHAPES: readonly ColumnShape[] = [
  {
    type: 'json',
    values: ['{"b": 1, "a" : [1,2 ], "a": null}', '"\\u00e9"', 'null', null, '1.0'],
    others: ['{"b": 1, "a": [1,2 ], "a": null}', null, null, '{}', '1.00'],
  },
  {
    type: 'jsonb',
    values: ['{"b": 1, "a": 1.0}', 'null', null, '[]'],
    others: ['{"b": 1, "a": 1.00}', null, 'null', '[null]'],
  },
  { type: 'numeric', values: ['1.0', '1e-20', 'NaN', null, '0'], others: ['1.00', '1e20', '-Infinity', '0', null] },
  { type: 'numeric(10,2)', values: ['1.5', '0', '-99999999.99', null], others: ['1.50', '0.01', null, '7'] },
  {
    type: 'double precision',
    values: ['0.1', '-0', 'NaN', '5e-324', null],
    others: ['0.30000000000000004', '0', 'Infinity', null, '1'],
  },
  { type: 'real', values: ['0.1', '16777216', null], others: ['0.2', null, '3.4028235e38'] },
  { type: 'money', values: ['1234567.89', '-0.01', null], others: ['0', null, '1'] },
  { type: 'character(5)', values: ['ab', '', ' a ', null], others: ['ab   ', 'x', null, ''] },
  { type: 'character varying(5)', values: ['ab', 'ab ', '', null], others: ['ab ', '', null, 'é'.repeat(5)] },
  { type: 'text', values: ['', ' ', '\'\\"\n\t$1{},NULL', 'NULL', null], others: [null, '  ', 'x', null, ''] },
  { type: 'bytea', values: ['\\x00ff5c27', '', null], others: ['\\x00ff5c26', null, ''] },
  {
    type: 'interval',
    values: ['1 mon', '30 days', '-1 day +00:00:00.000001', null],
    others: ['30 days', '720:00:00', null, '1 year'],
  },
  {
    type: 'timestamp with time zone',
    values: ['2024-03-31 01:30:00.000001+00', 'infinity', null],
    others: ['2024-03-31 01:30:00.000002+00', null, 'now'],
  },
  {
    type: 'time with time zone',
    values: ['12:00:00+02', '10:00:00+00', null],
    others: ['10:00:00+00', null, '24:00:00-05'],
  },
  { type: 'boolean', values: ['true', null, 'false'], others: [null, 'false', 'true'] },
  {
    type: 'uuid',
    values: ['00000000-0000-0000-0000-000000000000', null],
    others: [null, 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  },
  {
    type: 'int[]',
    values: ['{}', '{1,NULL}', '[0:1]={1,2}', '{{1,2},{3,4}}', null],
    others: ['{1}', '{1}', '{1,2}', null, '{}'],
  },
  { type: 'text[]', values: ['{NULL,"NULL",""}', '{"a,b","{}","\\"","\\\\"}', null], others: ['{}', null, '{x}'] },
  { type: 'numeric(6,2)[]', values: ['{1,2.5}', null], others: ['{1.01}', '{}'] },
  {
    type: 'feeling',
    before: `CREATE TYPE feeling AS ENUM ('sad', 'it''s "ok", mostly', 'happy')`,
    values: ['happy', `it's "ok", mostly`, null],
    others: ['sad', null, 'happy'],
  },
  {
    type: 'price',
    before: `CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0)`,
    values: ['1.10', '0', null],
    others: ['1.1', null, '2'],
  },
  { type: 'short', before: 'CREATE DOMAIN short AS varchar(3)', values: ['abc', '', null], others: ['ab', null, 'x'] },
  { type: '"Odd (10)"', before: 'CREATE DOMAIN "Odd (10)" AS int', values: ['1', null], others: ['2', '3'] },
  {
    type: 'place',
    before: 'CREATE TYPE place AS (x numeric, "the name" text)',
    values: ['(1.0,"a ""q"" b")', '(,)', null],
    others: ['(1.00,"a ""q"" b")', null, '(,"")'],
  },
  { type: 'tstzrange', values: ['[2024-01-01,2024-02-01)', 'empty', null], others: ['(,)', null, 'empty'] },
  { type: 'bit(3)', values: ['101', null], others: ['111', '000'] },
  { type: 'point', values: ['(1,2)', null], others: ['(1,2.0000001)', '(0,0)'] },
  { type: 'polygon', values: ['((0,0),(1,1),(1,0))', null], others: ['((0,0),(1,0),(1,1))', '((0,0))'] },
  { type: 'xml', values: ['<a  b="1"/>', null], others: ['<a b="1"/>', '<c/>'] },
  { type: 'tsvector', values: [`'a':1 'it''s':2`, null], others: ['', 'x'] },
  { type: 'inet', values: ['10.0.0.1/8', null], others: ['10.0.0.1', '::1'] },
  { type: '"char"', values: ['a', '', null], others: ['b', 'c', 'd'] },
];
