/** Tables, mappings and writes that a window has to keep in step, take back and close. One entry is one shape. Long, because it is a list. */
import type { WindowShape } from './window-cycle.js';

const NUMBERS = 'FROM generate_series(1, 7) AS n';
const LONG = 'ü'.repeat(31) + 'x';
const LONGER = 'y'.repeat(63);

const ORIGIN = `CREATE TABLE origin (id int PRIMARY KEY, v text, n int); INSERT INTO origin SELECT n, 'v' || n, n ${NUMBERS};`;

/** Every event that a row of `origin (id, v, n)` can meet; the same again leads to the same. */
const EVENTS: readonly string[] = [
  "INSERT INTO origin VALUES (11, 'new', 1), (12, 'newer', 2)",
  "UPDATE origin SET v = v || '!'",
  'UPDATE origin SET n = n + 1',
  "UPDATE origin SET v = NULL WHERE id = 2; UPDATE origin SET v = 'back' WHERE id = 2",
  'UPDATE origin SET id = id + 100 WHERE id IN (3, 11)',
  'UPDATE origin SET id = id - 1 WHERE id < 100',
  'DELETE FROM origin WHERE id IN (103, 4)',
  "INSERT INTO origin VALUES (4, 'again', 0)",
  "INSERT INTO origin VALUES (5, 'met', 3), (13, 'not met', 3) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v, n = origin.n",
  'WITH gone AS (DELETE FROM origin WHERE id = 5 RETURNING *) INSERT INTO origin SELECT id + 200, v, n FROM gone',
  "MERGE INTO origin USING (VALUES (6, 'merged'), (14, 'made')) AS m (k, v) ON id = k WHEN MATCHED THEN UPDATE SET v = m.v WHEN NOT MATCHED THEN INSERT VALUES (k, m.v, 0)",
  `COPY origin FROM PROGRAM 'printf "21\\tcopied\\t1\\n22\\t\\\\N\\t2\\n"'`,
  "BEGIN; INSERT INTO origin VALUES (31, 'kept', 0); SAVEPOINT s; UPDATE origin SET v = 'not kept'; DELETE FROM origin WHERE id = 31; ROLLBACK TO s; COMMIT",
  "BEGIN; DELETE FROM origin; INSERT INTO origin VALUES (1, 'x', 0); ROLLBACK",
  "BEGIN ISOLATION LEVEL SERIALIZABLE; DELETE FROM origin WHERE id = 6; INSERT INTO origin VALUES (6, 'once more', 0); UPDATE origin SET id = 7 WHERE id = 6 AND NOT EXISTS (SELECT FROM origin WHERE id = 7); COMMIT",
  'DELETE FROM origin WHERE id > 10',
];

export const WINDOW_SHAPES: readonly WindowShape[] = [
  {
    shape: 'every event',
    tables: `${ORIGIN} CREATE TABLE copy (id int PRIMARY KEY, v text)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    writes: EVENTS,
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' }],
  },
  {
    shape: 'several mappings of one source, into the same target and into others, in one window',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, v text, n int, google text UNIQUE, github text UNIQUE);
      INSERT INTO origin SELECT n, 'v' || n, n, 'g' || n, CASE WHEN n % 2 = 0 THEN 'g' || n END ${NUMBERS};
      CREATE TABLE logins (provider text, subject text, user_id int NOT NULL, PRIMARY KEY (provider, subject)); CREATE TABLE copy (id int PRIMARY KEY, v text);
      INSERT INTO logins VALUES ('saml', 'g1', 99)`,
    mappings: {
      'logins-of-google': login('google'),
      'logins-of-github': login('github'),
      copied: { from: 'origin', to: 'copy', columns: { id: 'id', v: 'upper(v)' } },
    },
    writes: [
      "UPDATE origin SET v = v || '!', n = n + 1",
      'UPDATE origin SET id = id + 100 WHERE id = 3',
      'UPDATE origin SET id = id - 100 WHERE id = 103',
      "UPDATE origin SET google = NULL, github = 'g' || id WHERE id = 1",
      'UPDATE origin SET google = github, github = google WHERE id = 2',
      "INSERT INTO origin VALUES (50, 'x', 1, 'g50', 'g50'), (51, 'x', 1, NULL, NULL)",
      "UPDATE origin SET google = 'g51' WHERE id = 51",
      'UPDATE origin SET id = id + 1000 WHERE id = 50',
      'DELETE FROM origin WHERE id >= 50',
      "UPDATE origin SET google = 'g1' WHERE id = 1",
    ],
    same: [
      {
        wanted: `SELECT 'google', google, id FROM origin WHERE google IS NOT NULL`,
        found: `SELECT * FROM logins WHERE provider = 'google'`,
      },
      {
        wanted: `SELECT 'github', github, id FROM origin WHERE github IS NOT NULL`,
        found: `SELECT * FROM logins WHERE provider = 'github'`,
      },
      { wanted: 'SELECT id, upper(v) FROM origin', found: 'SELECT id, v FROM copy' },
      { wanted: `SELECT 'saml', 'g1', 99`, found: `SELECT * FROM logins WHERE provider = 'saml'` },
    ],
  },
  {
    shape: 'several windows over one source, opened and closed one after the other',
    tables: `${ORIGIN} CREATE TABLE copy (id int PRIMARY KEY, v text); CREATE TABLE other (id int PRIMARY KEY, n int)`,
    mappings: {
      'a-mapping-with-a-name-that-is-cut-one': { from: 'origin', to: 'copy', columns: 'same' },
      'a-mapping-with-a-name-that-is-cut-two': { from: 'origin', to: 'other', where: 'n % 2 = 0', columns: 'same' },
    },
    windows: [['a-mapping-with-a-name-that-is-cut-one'], ['a-mapping-with-a-name-that-is-cut-two']],
    writes: EVENTS,
    same: [
      { wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' },
      { wanted: 'SELECT id, n FROM origin WHERE n % 2 = 0', found: 'SELECT id, n FROM other' },
    ],
  },
  {
    shape: 'a key of two columns, mapped in another order, with rows that leave and enter `where`',
    tables: `CREATE TABLE origin (a text, b int, v text, PRIMARY KEY (a, b)); CREATE TABLE copy (v text, y int, x text, PRIMARY KEY (y, x));
      INSERT INTO origin SELECT chr(96 + n % 3), n / 3, 'v' || n ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', where: "v <> 'out'", columns: { x: 'a', y: 'b', v: 'v' } } },
    writes: [
      "INSERT INTO origin VALUES ('z', 9, 'in'), ('z', 10, 'out'), ('z', 11, NULL)",
      "UPDATE origin SET v = 'out' WHERE a = 'a'",
      "UPDATE origin SET v = 'in again' WHERE b = 10",
      "UPDATE origin SET b = b + 50 WHERE a = 'z'",
      "UPDATE origin SET a = 'y', v = 'out' WHERE b = 59",
      "UPDATE origin SET a = 'x', v = 'in' WHERE b = 59",
      'DELETE FROM origin WHERE b > 50',
    ],
    same: [{ wanted: "SELECT a, b, v FROM origin WHERE v <> 'out'", found: 'SELECT x, y, v FROM copy' }],
  },
  {
    shape: 'quoted names of 63 bytes, keys among them',
    tables: `CREATE SCHEMA "${LONG}"; CREATE TABLE "${LONG}"."${LONGER}" ("${LONG}" int PRIMARY KEY, "a ""b"" %" text); CREATE TABLE "T %1$s 'x'" ("${LONG}" int PRIMARY KEY, "a ""b"" %" text);
      INSERT INTO "${LONG}"."${LONGER}" SELECT n, 'v' || n ${NUMBERS}`,
    mappings: { copied: { from: `"${LONG}"."${LONGER}"`, to: `"T %1$s 'x'"`, columns: 'same' } },
    writes: [
      `INSERT INTO "${LONG}"."${LONGER}" VALUES (20, 'n')`,
      `UPDATE "${LONG}"."${LONGER}" SET "a ""b"" %" = 'u' WHERE "${LONG}" = 20`,
      `UPDATE "${LONG}"."${LONGER}" SET "${LONG}" = 21 WHERE "${LONG}" = 20`,
      `DELETE FROM "${LONG}"."${LONGER}" WHERE "${LONG}" = 21`,
    ],
    same: [{ wanted: `SELECT * FROM "${LONG}"."${LONGER}"`, found: `SELECT * FROM "T %1$s 'x'"` }],
  },
  {
    shape: 'a partitioned source with row movement, into a partitioned target',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, v text, n int) PARTITION BY RANGE (id); CREATE TABLE origin_1 PARTITION OF origin FOR VALUES FROM (MINVALUE) TO (100);
      CREATE TABLE origin_2 (n int, v text, id int NOT NULL); ALTER TABLE origin ATTACH PARTITION origin_2 FOR VALUES FROM (100) TO (MAXVALUE);
      INSERT INTO origin SELECT n, 'v' || n, n ${NUMBERS};
      CREATE TABLE copy (id int, v text, PRIMARY KEY (id)) PARTITION BY HASH (id); CREATE TABLE copy_0 PARTITION OF copy FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE copy_1 PARTITION OF copy FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    writes: [
      ...EVENTS.filter((text) => !text.includes('printf')),
      "INSERT INTO origin_2 (id, v, n) VALUES (300, 'straight', 1)",
      'UPDATE origin SET id = 30 WHERE id = 300',
      'DELETE FROM origin_1 WHERE id = 30',
    ],
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' }],
  },
  {
    shape: 'generated columns of both sides, stored',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, v text, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
      INSERT INTO origin SELECT n, 'v' || n, n ${NUMBERS};
      CREATE TABLE copy (id int PRIMARY KEY, twice int, four int GENERATED ALWAYS AS (twice * 2) STORED)`,
    mappings: {
      copied: { from: 'origin', to: 'copy', where: 'twice < 1000', columns: { id: 'id', twice: 'twice + 1' } },
    },
    writes: [...EVENTS, 'UPDATE origin SET n = 501 WHERE id = 1', 'UPDATE origin SET n = 1 WHERE id = 1'],
    same: [
      {
        wanted: 'SELECT id, n * 2 + 1, (n * 2 + 1) * 2 FROM origin WHERE n * 2 < 1000',
        found: 'SELECT id, twice, four FROM copy',
      },
    ],
  },
  {
    shape: 'generated columns of the source, virtual',
    since: 18,
    tables: `CREATE TABLE origin (id int PRIMARY KEY, v text, n int, twice int GENERATED ALWAYS AS (n * 2) VIRTUAL);
      INSERT INTO origin SELECT n, 'v' || n, n ${NUMBERS}; CREATE TABLE copy (id int PRIMARY KEY, twice int)`,
    mappings: { copied: { from: 'origin', to: 'copy', where: 'twice < 1000', columns: 'same' } },
    writes: [...EVENTS, 'UPDATE origin SET n = 501 WHERE id = 1', 'UPDATE origin SET n = 1 WHERE id = 1'],
    same: [{ wanted: 'SELECT id, n * 2 FROM origin WHERE n * 2 < 1000', found: 'SELECT id, twice FROM copy' }],
  },
  {
    shape: 'a key that is GENERATED ALWAYS AS IDENTITY, defaults and NOT NULL of the target',
    tables: `CREATE TABLE origin (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text NOT NULL); INSERT INTO origin (v) SELECT 'v' || n ${NUMBERS};
      CREATE TABLE copy (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text NOT NULL, made text NOT NULL DEFAULT 'by default', wide numeric GENERATED ALWAYS AS (length(v)) STORED)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { id: 'id', v: "coalesce(v, '')" } } },
    writes: [
      "INSERT INTO origin (v) VALUES ('a'), ('bb')",
      'UPDATE origin SET v = v || v WHERE id = 1',
      "INSERT INTO origin (id, v) OVERRIDING SYSTEM VALUE VALUES (1000, 'said')",
      'DELETE FROM origin WHERE id >= 8',
    ],
    same: [
      {
        wanted: `SELECT id, v, 'by default', length(v)::numeric FROM origin`,
        found: 'SELECT id, v, made, wide FROM copy',
      },
    ],
  },
  {
    shape: 'times to dates, whatever the time zone of the session that writes',
    tables: `CREATE TABLE origin (id int PRIMARY KEY, at timestamptz); CREATE TABLE copy (id int PRIMARY KEY, d date, said text);
      INSERT INTO origin SELECT n, timestamptz '2026-03-01 23:30:00Z' + n * interval '1 hour' ${NUMBERS}`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: { id: 'id', d: 'at::date', said: 'at::text' } } },
    writes: [
      `SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; INSERT INTO origin VALUES (20, '2026-06-01 20:00:00Z'); UPDATE origin SET at = at + interval '1 day' WHERE id < 3; RESET TimeZone; RESET DateStyle`,
      `SET TimeZone = 'America/Los_Angeles'; UPDATE origin SET at = at + interval '1 second' WHERE id = 20; DELETE FROM origin WHERE id = 20; RESET TimeZone`,
    ],
    same: [
      {
        wanted: `SELECT id, (at AT TIME ZONE 'UTC')::date, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00' FROM origin`,
        found: 'SELECT * FROM copy',
      },
    ],
  },
  {
    shape: 'keys that are padded or rounded by their column',
    tables: `CREATE TABLE origin (code char(5) PRIMARY KEY, n numeric(10,2) NOT NULL UNIQUE, v text); INSERT INTO origin SELECT 'c' || n, n + 0.5, 'v' || n ${NUMBERS};
      CREATE TABLE codes (code char(5) PRIMARY KEY, v varchar(3)); CREATE TABLE numbers (n numeric(10,2) PRIMARY KEY, v char(4))`,
    mappings: {
      codes: { from: 'origin', to: 'codes', columns: { code: 'code', v: 'left(v, 3)' } },
      numbers: { from: 'origin', to: 'numbers', columns: { n: 'n', v: 'left(v, 4)' } },
    },
    writes: [
      "INSERT INTO origin VALUES ('x', 99.999, 'long'), ('y    ', 98.1, '')",
      "UPDATE origin SET code = 'z ', n = 97.50 WHERE code = 'x'",
      "UPDATE origin SET v = 'u' WHERE n = 97.5",
      "DELETE FROM origin WHERE code IN ('z', 'y')",
    ],
    same: [
      { wanted: 'SELECT code, left(v, 3)::varchar(3) FROM origin', found: 'SELECT * FROM codes' },
      { wanted: 'SELECT n, left(v, 4)::char(4) FROM origin', found: 'SELECT * FROM numbers' },
    ],
  },
  {
    shape: 'a NO ACTION foreign key of the target to the source, and a source that cascades from a parent',
    tables: `CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT n ${NUMBERS};
      CREATE TABLE origin (id int PRIMARY KEY REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE, v text); INSERT INTO origin SELECT n, 'v' || n ${NUMBERS};
      CREATE TABLE copy (id int PRIMARY KEY REFERENCES origin, v text)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    writes: [
      "INSERT INTO parent VALUES (20), (21); INSERT INTO origin VALUES (20, 'a'), (21, 'b')",
      'DELETE FROM parent WHERE id = 20',
      'DELETE FROM origin WHERE id = 21',
      "INSERT INTO origin VALUES (21, 'again')",
      'UPDATE parent SET id = 22 WHERE id = 21',
      'DELETE FROM parent WHERE id > 7',
    ],
    same: [{ wanted: 'SELECT * FROM origin', found: 'SELECT * FROM copy' }],
  },
  {
    shape: 'triggers of the application on the source that change the row again, and on the target',
    tables: `${ORIGIN} CREATE TABLE copy (id int PRIMARY KEY, v text); CREATE TABLE log (id int, v text);
      CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := trim(NEW.v) || '.'; RETURN NEW; END $$;
      CREATE TRIGGER tidy BEFORE INSERT OR UPDATE OF v ON origin FOR EACH ROW EXECUTE FUNCTION tidy();
      CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE origin SET v = NEW.v || ' again' WHERE id = NEW.id; RETURN NULL; END $$;
      CREATE TRIGGER again AFTER INSERT OR UPDATE ON origin FOR EACH ROW WHEN (NEW.n = 77 AND NEW.v NOT LIKE '%again%') EXECUTE FUNCTION again();
      CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM NEW.id; RETURN NEW; END $$;
      CREATE TRIGGER seen BEFORE INSERT OR UPDATE ON copy FOR EACH ROW EXECUTE FUNCTION seen()`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    dualWrite: { user_triggers: 'fire' },
    backfill: { user_triggers: 'fire' },
    writes: [
      "INSERT INTO origin VALUES (20, ' new ', 77), (21, ' other ', 1)",
      "UPDATE origin SET v = 'x', n = 77 WHERE id IN (1, 21)",
      'UPDATE origin SET n = 1 WHERE id IN (1, 21)',
      'DELETE FROM origin WHERE id >= 20',
    ],
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' }],
  },
  {
    shape: 'rows that were there before, equal to what the source says',
    tables: `${ORIGIN} CREATE TABLE copy (id int PRIMARY KEY, v text); INSERT INTO copy VALUES (6, 'v6'), (7, 'v7')`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    writes: [
      "INSERT INTO origin VALUES (30, 'x', 1)",
      "UPDATE origin SET v = v || '!' WHERE id IN (1, 30)",
      'DELETE FROM origin WHERE id = 30',
    ],
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' }],
  },
];

function login(provider: string): object {
  return {
    from: 'origin',
    to: 'logins',
    where: `${provider} IS NOT NULL`,
    target_where: `provider = '${provider}'`,
    key: ['provider', 'subject'],
    columns: { provider: { value: provider }, subject: provider, user_id: 'id' },
  };
}
