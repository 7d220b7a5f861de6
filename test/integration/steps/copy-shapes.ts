/** Tables and mappings that a backfill has to copy, prove and take back. One entry is one shape. */
import type { Correspondence } from './whole-cycle.js';

export interface CopyShape {
  readonly shape: string;
  /** Statements that make and fill the tables. */
  readonly tables: string;
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly schema?: string;
  readonly user_triggers?: 'fire';
  readonly walk?: string;
  /** Of a batch; 3 where nothing is said. */
  readonly rows?: number;
  /** Conflict rules under which the shape runs; both where nothing is said. */
  readonly on_conflict?: readonly ('skip' | 'fail')[];
  /** Codes of what is said of it whenever it is compiled; nothing where nothing is said. */
  readonly warnings?: readonly string[];
  readonly same: readonly Correspondence[];
}

const LONG = 'ü'.repeat(31) + 'x';
const LONGER = 'y'.repeat(63);
const NUMBERS = 'FROM generate_series(1, 7) AS n';

export const COPY_SHAPES: readonly CopyShape[] = [
  {
    shape: 'no row',
    tables: 'CREATE TABLE origin (id int PRIMARY KEY); CREATE TABLE copy (id int PRIMARY KEY)',
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM copy', rows: 0 }],
  },
  {
    shape: 'one row, one column',
    tables: `CREATE TABLE origin (id int PRIMARY KEY); CREATE TABLE copy (id int PRIMARY KEY); INSERT INTO origin VALUES (0)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM copy', rows: 1 }],
  },
  {
    shape: 'a key of two columns, mapped in another order',
    tables: `CREATE TABLE origin (a text, b int, v text, PRIMARY KEY (a, b)); CREATE TABLE copy (v text, y int, x text, PRIMARY KEY (y, x));
      INSERT INTO origin SELECT chr(96 + n % 3), n / 3, 'v' || n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { x: 'a', y: 'b', v: 'v' } } },
    same: [{ wanted: 'SELECT v, b, a FROM origin', found: 'SELECT * FROM copy', rows: 7 }],
  },
  {
    shape: 'a key of three columns: text, int, microseconds',
    tables: `CREATE TABLE origin (a text, b int, c timestamptz, v text, PRIMARY KEY (a, b, c)); CREATE TABLE copy (LIKE origin INCLUDING ALL);
      INSERT INTO origin SELECT '', 1, '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 microsecond', 'v' || n ${NUMBERS};
      INSERT INTO origin SELECT 'ä', -n, 'infinity', NULL ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM copy', rows: 14 }],
  },
  {
    shape: 'quoted names everywhere, several schemas',
    tables: `CREATE SCHEMA "Weird.Schema"; CREATE SCHEMA "bazaar-vid";
      CREATE TABLE "bazaar-vid"."bazaar-vid_exports" ("Weird ""Name""" int, "a.b" text, "select" text, "${LONG}" text, "日本" text, PRIMARY KEY ("Weird ""Name""", "a.b"));
      CREATE TABLE "Weird.Schema"."${LONGER}" ("order" int, "Ü""." text, "from" text, "${LONG}" text, "日本" text,
        CONSTRAINT "PK ""of it"" ü" PRIMARY KEY ("order", "Ü""."));
      INSERT INTO "bazaar-vid"."bazaar-vid_exports" SELECT n, 'k' || n % 2, 's', NULL, 'にほん' || n ${NUMBERS}`,
    schema: 'bazaar-vid',
    mappings: {
      'quoted-names': {
        from: 'bazaar-vid_exports',
        to: `"Weird.Schema".${LONGER}`,
        columns: {
          order: '"Weird ""Name"""',
          '"Ü""."': '"bazaar-vid_exports"."a.b"',
          from: '"select"',
          [LONG]: `"${LONG}"`,
          日本: '"日本"',
        },
        where: '"bazaar-vid"."bazaar-vid_exports"."Weird ""Name""" > 0 -- and no more',
        target_where: '"order" > 0',
      },
    },
    same: [
      {
        wanted: 'SELECT * FROM "bazaar-vid"."bazaar-vid_exports"',
        found: `SELECT * FROM "Weird.Schema"."${LONGER}"`,
        rows: 7,
      },
    ],
  },
  {
    shape: 'a key that is named in the mapping, with a quote and a dot in its name',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, e text); CREATE TABLE copy (n serial PRIMARY KEY, "a ""b"".c" text NOT NULL UNIQUE);
      INSERT INTO origin SELECT n, 'e' || n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { '"a ""b"".c"': 'e' }, key: ['"a ""b"".c"'] } },
    same: [{ wanted: 'SELECT e FROM origin', found: 'SELECT "a ""b"".c" FROM copy', rows: 7 }],
  },
  {
    shape: 'names that the generated SQL uses itself',
    tables: `CREATE TABLE source (ours int, written_by int, read int, k0 text, old0 text, PRIMARY KEY (ours, written_by, read));
      CREATE TABLE inserted (ours int, written_by int, read int, rows text, s text, key text, part text, run_id text, operation_id text, xid text,
        expected text, found text, problem text, n text, PRIMARY KEY (ours, written_by, read));
      INSERT INTO source SELECT n, n, n, 'k', 'o' ${NUMBERS}`,
    mappings: {
      met: {
        from: 'source',
        to: 'inserted',
        columns: {
          ...{
            ours: 'ours',
            written_by: 'written_by',
            read: 'read',
            rows: 'k0',
            s: 'old0',
            key: 'k0',
            part: 'k0',
            run_id: 'k0',
            operation_id: 'k0',
          },
          ...{ xid: 'k0', expected: 'k0', found: 'k0', problem: 'k0', n: 'k0' },
        },
      },
    },
    same: [
      { wanted: 'SELECT ours, k0, old0, k0 FROM source', found: 'SELECT ours, rows, s, n FROM inserted', rows: 7 },
    ],
  },
  {
    shape: 'a key column with the name of the row count',
    tables: `CREATE TABLE origin (rows int PRIMARY KEY); CREATE TABLE copy (rows text PRIMARY KEY); INSERT INTO origin SELECT n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { rows: "'r' || rows" } } },
    same: [{ wanted: `SELECT 'r' || rows FROM origin`, found: 'SELECT * FROM copy', rows: 7 }],
  },
  {
    shape: 'ranges cut by a key column called part',
    tables: `CREATE TABLE origin (part int PRIMARY KEY, v text); CREATE TABLE copy (part int PRIMARY KEY, v text);
      INSERT INTO origin SELECT n, repeat('v', 100) FROM generate_series(1, 30000) AS n`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    rows: 5000,
    same: [
      {
        wanted: 'SELECT 30000, 30000, 450015000',
        found: 'SELECT count(*), count(DISTINCT part), sum(part) FROM copy WHERE length(v) = 100',
        rows: 1,
      },
    ],
  },
  {
    shape: 'partitioned source, partitioned target',
    tables: `CREATE TABLE origin (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE origin_1 PARTITION OF origin FOR VALUES FROM ('2024-01-01') TO ('2024-01-04'); CREATE TABLE origin_2 PARTITION OF origin DEFAULT;
      CREATE TABLE copy (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY HASH (id);
      CREATE TABLE copy_1 PARTITION OF copy FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE copy_2 PARTITION OF copy FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      INSERT INTO origin SELECT n, '2024-01-01'::date + n, 'v' || n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM copy', rows: 7 }],
  },
  {
    shape: 'identity ALWAYS, generated and defaulted columns of the target',
    tables: `CREATE TABLE origin (id bigint PRIMARY KEY, v int);
      CREATE TABLE copy (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2) STORED, w text NOT NULL DEFAULT 'w');
      INSERT INTO origin SELECT 9223372036854775800 + n, n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: `SELECT id, v, v * 2, 'w' FROM origin`, found: 'SELECT * FROM copy', rows: 7 }],
    warnings: ['LS6111'],
  },
  {
    shape: 'identity ALWAYS that numbers the rows itself',
    tables: `CREATE TABLE origin (id bigint PRIMARY KEY, v int); CREATE TABLE copy (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint NOT NULL UNIQUE, v int);
      INSERT INTO origin SELECT n * 10, n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', key: ['id'] } },
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy', rows: 7 }],
  },
  {
    shape: 'values whose scale or padding is the column’s, not their own',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, a int, b numeric, c text, d text[]);
      CREATE TABLE copy (id int PRIMARY KEY, a numeric(10,2), b numeric(10,2), c character(5), zero numeric(10,2), d character(3)[]);
      INSERT INTO origin SELECT n, n, n + 0.5, 'c' || n, ARRAY['d', NULL] ${NUMBERS}`,
    mappings: {
      copied: { from: 'origin', to: 'copy', columns: { id: 'id', a: 'a', b: 'b', c: 'c', zero: { value: 0 }, d: 'd' } },
    },
    same: [
      {
        wanted: 'SELECT id, a::numeric(10,2), b::numeric(10,2), c::char(5), 0::numeric(10,2), d::char(3)[] FROM origin',
        found: 'SELECT * FROM copy',
        rows: 7,
      },
    ],
  },
  {
    shape: 'a key whose type the assignment changes',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, code character(4) NOT NULL UNIQUE); CREATE TABLE copy (id bigint PRIMARY KEY, code text);
      CREATE TABLE codes (code text PRIMARY KEY, id text); INSERT INTO origin SELECT n, 'c' || n ${NUMBERS}`,
    mappings: {
      wider: { from: 'origin', to: 'copy', columns: 'same' },
      texts: { from: 'origin', to: 'codes', columns: 'same' },
    },
    same: [
      { wanted: 'SELECT id::bigint, code::text FROM origin', found: 'SELECT * FROM copy', rows: 7 },
      { wanted: 'SELECT code::text, id::text FROM origin', found: 'SELECT * FROM codes', rows: 7 },
    ],
  },
  {
    shape: 'a number as the key of a table of texts',
    tables: `CREATE TABLE origin (id int PRIMARY KEY); CREATE TABLE copy (id text PRIMARY KEY); INSERT INTO origin SELECT n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    same: [{ wanted: 'SELECT id::text FROM origin', found: 'SELECT * FROM copy', rows: 7 }],
  },
  {
    shape: 'literals of every kind, and expressions that end in a comment',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, v text);
      CREATE TABLE copy (id int PRIMARY KEY, t text, n numeric, i int, b boolean, x text, d date, v text); INSERT INTO origin SELECT n, 'v' || n ${NUMBERS}`,
    mappings: {
      copied: {
        from: 'origin',
        to: 'copy',
        columns: {
          ...{
            id: 'id',
            t: { value: 'it\'s \\ "quoted"\n$1' },
            n: { value: 1.5 },
            i: { value: -3 },
            b: { value: false },
            x: { value: null },
          },
          ...{ d: { value: '2024-02-29' }, v: "v || '!' -- the end" },
        },
      },
    },
    same: [
      {
        wanted: `SELECT id, E'it''s \\\\ "quoted"\\n$1', 1.5, -3, false, NULL, '2024-02-29'::date, v || '!' FROM origin`,
        found: 'SELECT * FROM copy',
        rows: 7,
      },
    ],
  },
  {
    shape: 'rows of others in the target, some of them at mapped keys and equal',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, google text UNIQUE);
      CREATE TABLE logins (provider text, subject text, user_id int, PRIMARY KEY (provider, subject));
      INSERT INTO origin SELECT n, CASE WHEN n % 2 = 0 THEN 'g' || n END ${NUMBERS};
      INSERT INTO logins VALUES ('github', 'g2', 99), ('google', 'g4', 4)`,
    mappings: {
      logins: {
        from: 'origin',
        to: 'logins',
        where: 'google IS NOT NULL',
        target_where: "provider = 'google'",
        key: ['provider', 'subject'],
        columns: { provider: { value: 'google' }, subject: 'google', user_id: 'id' },
      },
    },
    on_conflict: ['skip'],
    same: [
      {
        wanted: `SELECT 'google', google, id FROM origin WHERE google IS NOT NULL`,
        found: `SELECT * FROM logins WHERE provider = 'google'`,
        rows: 3,
      },
    ],
  },
  {
    shape: 'parent before child',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, boss int); CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int PRIMARY KEY REFERENCES parent, boss int REFERENCES parent);
      INSERT INTO origin SELECT n, CASE WHEN n > 1 THEN n - 1 END ${NUMBERS}`,
    mappings: {
      parents: { from: 'origin', to: 'parent', columns: { id: 'id' } },
      children: { from: 'origin', to: 'child', columns: 'same' },
    },
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM child', rows: 7 }],
  },
  {
    shape: 'walked by another index than the primary key',
    tables: `CREATE TABLE origin (id float8 PRIMARY KEY, "the key" text NOT NULL); CREATE UNIQUE INDEX "Walk ""me"" ü" ON origin ("the key" DESC);
      CREATE TABLE copy ("the key" text PRIMARY KEY); INSERT INTO origin SELECT n / 3.0, 'k' || n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { 'the key': '"the key"' } } },
    walk: '"Walk ""me"" ü"',
    same: [{ wanted: 'SELECT "the key" FROM origin', found: 'SELECT * FROM copy', rows: 7 }],
  },
  {
    shape: 'triggers of one’s own that fire',
    tables: `CREATE TABLE origin (id int PRIMARY KEY); CREATE TABLE copy (id int PRIMARY KEY, seen boolean); INSERT INTO origin SELECT n ${NUMBERS};
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN BEGIN NEW.seen := (1 / NEW.id) >= 0; EXCEPTION WHEN OTHERS THEN NULL; END; RETURN NEW; END $$;
      CREATE TRIGGER see BEFORE INSERT ON copy FOR EACH ROW EXECUTE FUNCTION see()`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { id: 'id' } } },
    user_triggers: 'fire',
    same: [{ wanted: 'SELECT id, true FROM origin', found: 'SELECT * FROM copy', rows: 7 }],
  },
];
