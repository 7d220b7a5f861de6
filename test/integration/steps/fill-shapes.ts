/** Fills in place that must come out as SQL says, and go back to the bit. One entry is one shape. */
import type { Correspondence } from './whole-cycle.js';

export interface FillShape {
  readonly shape: string;
  readonly tables: string;
  readonly backfill: Readonly<Record<string, unknown>> & { readonly table: string };
  readonly same: readonly Correspondence[];
}

const NUMBERS = 'FROM generate_series(1, 7) AS n';

export const FILL_SHAPES: readonly FillShape[] = [
  {
    shape: 'no row',
    tables: 'CREATE TABLE t (id int PRIMARY KEY, v int)',
    backfill: { table: 't', set: { v: '1' } },
    same: [{ wanted: 'SELECT * FROM t', found: 'SELECT * FROM t', rows: 0 }],
  },
  {
    shape: 'work that is not idempotent: each row exactly once',
    tables: `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, 0 ${NUMBERS}`,
    backfill: { table: 't', set: { v: 'v + 1' } },
    same: [{ wanted: 'SELECT id, 1 FROM t', found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'a child looks its parent up, found or not',
    tables: `CREATE TABLE parent (id int PRIMARY KEY, uuid uuid); CREATE TABLE child (id int PRIMARY KEY, parent_id int, parent_uuid uuid);
      INSERT INTO parent SELECT n, ('00000000-0000-0000-0000-00000000000' || n)::uuid ${NUMBERS};
      INSERT INTO child SELECT n, nullif(n * 2, 6), CASE WHEN n = 2 THEN '00000000-0000-0000-0000-000000000009'::uuid END ${NUMBERS}`,
    backfill: { table: 'child', set: { parent_uuid: '(SELECT p.uuid FROM parent AS p WHERE p.id = child.parent_id)' } },
    same: [
      {
        wanted: 'SELECT c.id, parent_id, p.uuid FROM child AS c LEFT JOIN parent AS p ON p.id = parent_id',
        found: 'SELECT * FROM child',
        rows: 7,
      },
    ],
  },
  {
    shape: 'columns that change places, each computed from the row as it was',
    tables: `CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t SELECT n, 'a' || n, nullif('b' || n, 'b3') ${NUMBERS}`,
    backfill: { table: 't', set: { a: 'b', b: 'a' } },
    same: [{ wanted: 'SELECT id, b, a FROM t', found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'only where a condition holds, which the fill itself ends',
    tables: `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, CASE WHEN n % 2 = 0 THEN 'v' || n END ${NUMBERS}`,
    backfill: { table: 't', set: { v: "'filled ' || id" }, where: 'v IS NULL -- nothing there' },
    same: [{ wanted: `SELECT id, coalesce(v, 'filled ' || id) FROM t`, found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'values that become NULL, and NULLs that stay',
    tables: `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, CASE WHEN n < 5 THEN 'v' || n END ${NUMBERS}`,
    backfill: { table: 't', set: { v: "nullif(v, 'v2')" } },
    same: [{ wanted: `SELECT id, CASE WHEN v <> 'v2' THEN v END FROM t`, found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'a composite key, quoted names, a schema of its own',
    tables: `CREATE SCHEMA "Odd ""S"""; CREATE TABLE "Odd ""S"""."T.t" ("the a" text, b timestamptz, "V ""v""" text, PRIMARY KEY ("the a", b));
      INSERT INTO "Odd ""S"""."T.t" SELECT 'k', '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 microsecond', 'v' || n ${NUMBERS}`,
    backfill: { table: '"Odd ""S"""."T.t"', set: { '"V ""v"""': `"V ""v""" || '!'` } },
    same: [
      {
        wanted: `SELECT "the a", b, "V ""v""" || '!' FROM "Odd ""S"""."T.t"`,
        found: 'SELECT * FROM "Odd ""S"""."T.t"',
        rows: 7,
      },
    ],
  },
  {
    shape: 'names that the generated SQL uses itself',
    tables: `CREATE TABLE old (k0 int, id int, old0 text, new0 text, key text, before text, after text, row text, t text, o text, i text, s text, PRIMARY KEY (k0, id));
      INSERT INTO old SELECT n, n, 'o', 'n', 'k', 'b', 'a', 'r', 't', 'o', 'i', 's' ${NUMBERS}`,
    backfill: {
      table: 'old',
      set: { old0: 'new0', new0: 'old0', key: 'before', after: 'key', t: 'o', s: 't', row: 's', i: "'i'" },
    },
    same: [
      {
        wanted: `SELECT k0, id, new0, old0, before, before, key, s, o, o, 'i', t FROM old`,
        found: 'SELECT * FROM old',
        rows: 7,
      },
    ],
  },
  {
    shape: 'a look into the table itself: what a batch committed is seen by the next',
    tables: `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, 1 ${NUMBERS}`,
    backfill: { table: 't', set: { v: '(SELECT count(*) FROM t AS other WHERE other.id < t.id)' }, workers: 1 },
    same: [{ wanted: 'SELECT id, id - 1 FROM t', found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'a partitioned table whose rows move between partitions',
    tables: `CREATE TABLE t (id int, region text, v int) PARTITION BY LIST (region); CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');
      CREATE TABLE t_b PARTITION OF t DEFAULT; CREATE TABLE flat (id int PRIMARY KEY, v int);
      ALTER TABLE t ADD PRIMARY KEY (id, region); INSERT INTO t SELECT n, chr(96 + n % 3 + 1), n ${NUMBERS}`,
    backfill: { table: 't', set: { v: 'v * 10' } },
    same: [{ wanted: 'SELECT id, region, v * 10 FROM t', found: 'SELECT * FROM t', rows: 7 }],
  },
  {
    shape: 'values that chance decides: stored once, and distinct',
    tables: `CREATE TABLE t (id int PRIMARY KEY, u uuid, at timestamptz); INSERT INTO t SELECT n ${NUMBERS}`,
    backfill: { table: 't', set: { u: 'gen_random_uuid()', at: 'clock_timestamp()' } },
    same: [{ wanted: 'SELECT 7, 7', found: 'SELECT count(DISTINCT u), count(at) FROM t', rows: 1 }],
  },
  {
    shape: 'walked by another unique index, so that the primary key may be filled',
    tables: `CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL); CREATE UNIQUE INDEX "By ""code""" ON t (code); INSERT INTO t SELECT n, 'c' || n ${NUMBERS}`,
    backfill: { table: 't', set: { id: 'id + 100' }, walk: '"By ""code"""' },
    same: [{ wanted: 'SELECT id + 100, code FROM t', found: 'SELECT * FROM t', rows: 7 }],
  },
];
