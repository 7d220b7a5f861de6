/** Plans whose order follows from what their steps touch. One entry is one case. */
export interface OrderCase {
  readonly what: string;
  /** Statements before the plan. */
  readonly tables?: string;
  readonly schema?: string;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly invariants?: readonly Readonly<Record<string, unknown>>[];
  readonly mappings?: Readonly<Record<string, unknown>>;
  /** `second` must wait for `first`: steps, or operations where there is a slash. */
  readonly waits?: readonly (readonly [second: string, first: string])[];
  /** Neither waits for the other. */
  readonly apart?: readonly (readonly [string, string])[];
}

/** There for every case: `a`, `b`, `c` and `d` with `id` and `v`. */
export const TABLES = ['a', 'b', 'c', 'd']
  .map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, v text)`)
  .join('; ');

function fill(
  id: string,
  table: string,
  v = "'x'",
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { id, backfill: { table, set: { v } }, ...more };
}

function sql(id: string, up: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { id, sql: { up, down: 'SELECT 1' }, ...more };
}

const FOLLOW = [['second', 'first']] as const;

export const ORDER_CASES: readonly OrderCase[] = [
  {
    what: 'four independent fills wait for nothing',
    steps: [fill('one', 'a'), fill('two', 'b'), fill('three', 'c'), fill('four', 'd')],
    apart: [
      ['one', 'two'],
      ['one', 'three'],
      ['one', 'four'],
      ['two', 'three'],
      ['two', 'four'],
      ['three', 'four'],
    ],
  },
  { what: 'two writers of one table', steps: [fill('first', 'a'), fill('second', 'a')], waits: FOLLOW },
  {
    what: 'a reader after the writer',
    steps: [fill('first', 'a'), fill('second', 'b', '(SELECT max(v) FROM a)')],
    waits: FOLLOW,
  },
  {
    what: 'a writer after the reader',
    steps: [fill('first', 'b', '(SELECT max(v) FROM a)'), fill('second', 'a')],
    waits: FOLLOW,
  },
  {
    what: 'two readers of one table',
    steps: [fill('one', 'b', '(SELECT max(v) FROM a)'), fill('two', 'c', '(SELECT max(v) FROM a)')],
    apart: [['one', 'two']],
  },
  {
    what: 'a gate holds back a step that shares no table with what came before',
    steps: [fill('first', 'a'), { id: 'wait', gate: { hold: '1s' } }, fill('second', 'b')],
    waits: [
      ['wait', 'first'],
      ['second', 'wait'],
      ['second', 'first'],
    ],
  },
  {
    what: 'so does a proof',
    steps: [
      fill('first', 'a'),
      { id: 'proof', verify: [{ no_nulls: { table: 'c', columns: ['id'] } }] },
      fill('second', 'b'),
    ],
    waits: [
      ['proof', 'first'],
      ['second', 'proof'],
    ],
  },
  { what: 'needs', steps: [fill('first', 'a'), fill('second', 'b', "'x'", { needs: ['first'] })], waits: FOLLOW },
  {
    what: 'needs of a later step',
    steps: [fill('second', 'b', "'x'", { needs: ['first'] }), fill('first', 'a')],
    waits: FOLLOW,
  },
  { what: 'statements that write', steps: [sql('first', "UPDATE a SET v = 'x'"), fill('second', 'a')], waits: FOLLOW },
  {
    what: 'statements that share nothing',
    steps: [sql('one', "UPDATE a SET v = 'x'"), sql('two', 'DELETE FROM b')],
    apart: [['one', 'two']],
  },
  {
    what: 'a CTE with the name of a table is not the table',
    steps: [fill('one', 'a'), sql('two', 'WITH a AS (SELECT 1 AS id) DELETE FROM b USING a WHERE a.id = b.id')],
    apart: [['one', 'two']],
  },
  {
    what: 'a CTE that writes',
    steps: [
      fill('first', 'a'),
      sql('second', 'WITH gone AS (DELETE FROM a RETURNING id) INSERT INTO b SELECT id FROM gone'),
    ],
    waits: FOLLOW,
  },
  {
    what: 'MERGE reads one table and writes another',
    steps: [fill('first', 'a'), sql('second', 'MERGE INTO b USING a ON a.id = b.id WHEN MATCHED THEN DELETE')],
    waits: FOLLOW,
  },
  {
    what: 'a function of the database may do anything',
    tables: 'CREATE FUNCTION f() RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 $$',
    steps: [fill('first', 'a'), sql('middle', 'SELECT f()'), fill('second', 'b')],
    waits: [
      ['middle', 'first'],
      ['second', 'middle'],
    ],
  },
  {
    what: 'a function of the database in the value of a fill',
    tables: 'CREATE FUNCTION f(int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT v FROM a WHERE id = $1 $$',
    steps: [fill('first', 'a'), fill('second', 'b', 'f(id)'), fill('third', 'a')],
    waits: [
      ['second', 'first'],
      ['third', 'second'],
    ],
  },
  {
    what: 'a function of the database in a mapping',
    tables: 'CREATE FUNCTION f(int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT v FROM a WHERE id = $1 $$',
    mappings: { m: { from: 'b', to: 'c', columns: { id: 'id', v: 'f(id)' } } },
    steps: [fill('first', 'a'), { id: 'second', backfill: { mappings: ['m'] } }],
    waits: FOLLOW,
  },
  {
    what: 'a function of the system',
    steps: [fill('one', 'a'), fill('two', 'b', 'upper(v)')],
    apart: [['one', 'two']],
  },
  {
    what: 'code in a DO block',
    steps: [fill('first', 'a'), sql('middle', 'DO $$ BEGIN NULL; END $$'), fill('second', 'b')],
    waits: [
      ['middle', 'first'],
      ['second', 'middle'],
    ],
  },
  {
    what: 'a view reads what nobody names',
    tables: 'CREATE VIEW behind AS SELECT max(v) AS v FROM a',
    steps: [fill('first', 'a'), fill('second', 'b', '(SELECT v FROM behind)'), fill('third', 'a')],
    waits: [
      ['second', 'first'],
      ['third', 'second'],
    ],
  },
  {
    what: 'an invariant over a view is asked after each step',
    tables: 'CREATE VIEW behind AS SELECT v FROM a',
    invariants: [{ no_rows: "SELECT * FROM behind WHERE v = 'bad'" }],
    steps: [fill('first', 'a'), fill('second', 'b')],
    waits: [
      ['first/invariant/1-no_rows', 'first/fill'],
      ['first/fill', 'begin/invariant/1-no_rows'],
    ],
  },
  {
    what: 'rows of a parent before rows of its child, in statements',
    tables: 'CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY REFERENCES parent)',
    steps: [sql('first', 'INSERT INTO parent VALUES (1)'), sql('second', 'INSERT INTO child VALUES (1)')],
    waits: FOLLOW,
  },
  {
    what: 'a parent whose deletion reaches its children',
    tables:
      'CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY REFERENCES parent ON DELETE CASCADE, v text)',
    steps: [sql('first', 'DELETE FROM parent'), fill('second', 'a', '(SELECT max(v) FROM child)')],
    waits: FOLLOW,
  },
  {
    what: 'a trigger may do anything',
    tables: `CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM b; RETURN NULL; END $$;
      CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION t()`,
    steps: [sql('first', "UPDATE a SET v = 'x'"), fill('second', 'b')],
    waits: FOLLOW,
  },
  {
    what: 'a trigger that a backfill fires',
    tables: `CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM b; RETURN NULL; END $$;
      CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION t()`,
    steps: [{ id: 'first', backfill: { table: 'a', set: { v: "'x'" }, user_triggers: 'fire' } }, fill('second', 'b')],
    waits: FOLLOW,
  },
  {
    what: 'a partition and its table, either way; not two partitions',
    tables: `CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)`,
    steps: [fill('first', 'p1'), fill('beside', 'p2'), fill('whole', 'p'), fill('last', 'p2')],
    waits: [
      ['whole', 'first'],
      ['whole', 'beside'],
      ['last', 'whole'],
    ],
    apart: [['first', 'beside']],
  },
  {
    what: 'a name without a schema is found where the search path finds it',
    tables: 'CREATE SCHEMA shop; CREATE TABLE shop.z (id int PRIMARY KEY, v text)',
    schema: 'shop',
    steps: [
      fill('first', 'public.a'),
      fill('second', 'z', '(SELECT max(v) FROM a)'),
      sql('third', "UPDATE a SET v = 'x'"),
    ],
    waits: [
      ['second', 'first'],
      ['third', 'second'],
    ],
  },
  {
    what: 'a table that the plan makes, filled and read after',
    steps: [
      sql('first', 'CREATE TABLE fresh (id int PRIMARY KEY, v text)'),
      fill('second', 'fresh'),
      fill('third', 'b', '(SELECT max(v) FROM fresh)'),
    ],
    waits: [
      ['second', 'first'],
      ['third', 'second'],
    ],
  },
  {
    what: 'a function that the plan makes',
    steps: [
      sql('first', 'CREATE FUNCTION f(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$'),
      fill('second', 'b', 'f(id)'),
    ],
    waits: FOLLOW,
  },
  {
    what: 'a type that the plan makes',
    steps: [sql('first', "CREATE TYPE mood AS ENUM ('x')"), fill('second', 'b', "'x'::mood::text")],
    waits: FOLLOW,
  },
  {
    what: 'an index that the plan drops by its name',
    tables: 'CREATE INDEX a_v ON a (v)',
    steps: [fill('first', 'a'), sql('second', 'DROP INDEX a_v')],
    waits: FOLLOW,
  },
  {
    what: 'what CASCADE reaches',
    steps: [fill('first', 'a'), sql('middle', 'TRUNCATE b CASCADE'), fill('second', 'c')],
    waits: [
      ['middle', 'first'],
      ['second', 'middle'],
    ],
  },
  {
    what: 'a step’s conditions before its work, and after the work before',
    steps: [
      fill('first', 'a'),
      fill('second', 'a', "'y'", {
        require: [{ no_nulls: { table: 'a', columns: ['v'] } }],
        when: [{ value: { sql: 'SELECT 1', is: 1 } }],
      }),
    ],
    waits: [
      ['second/require/1-no_nulls', 'first/fill'],
      ['second/fill', 'second/require/1-no_nulls'],
      ['second/fill', 'second/when/1-value'],
    ],
  },
];
