/** Samples of the forms that are about views, functions, types and what hangs on tables. */
import type { Sample } from './samples.js';

const VIEWS = 'views';
const FUNCTIONS = 'functions, triggers, rules, policies';
const TYPES = 'types';
const OTHERS = 'schemas, extensions, sequences, statistics';
const WORDS = 'comments, owners, grants';

const VIEW = `CREATE VIEW visitors AS SELECT id, name FROM users WHERE visits > 0;
  COMMENT ON COLUMN visitors.name IS 'as they call themselves'; GRANT SELECT (name) ON visitors TO PUBLIC`;
const COUNTS = `CREATE MATERIALIZED VIEW counts AS SELECT user_id, count(*) AS orders FROM orders GROUP BY user_id;
  CREATE UNIQUE INDEX counts_user_id_idx ON counts (user_id); COMMENT ON MATERIALIZED VIEW counts IS 'by user'`;
const TWICE = 'CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$SELECT 2 * n$$';
const GRANTED = `${TWICE}; REVOKE ALL ON FUNCTION twice FROM PUBLIC; COMMENT ON FUNCTION twice IS 'doubles'`;
const TOUCH = 'CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$';
const TRIGGER = `${TOUCH}; CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE users DISABLE TRIGGER touched; COMMENT ON TRIGGER touched ON users IS 'sleeps'`;
const RULE = 'CREATE RULE keep AS ON DELETE TO items DO INSTEAD NOTHING';
const POLICY = `CREATE POLICY own ON users FOR SELECT USING (visits > 0)`;
const MOOD = "CREATE TYPE mood AS ENUM ('low', 'high'); COMMENT ON TYPE mood IS 'how one feels'";
const PAIR = 'CREATE TYPE pair AS (x integer, y text)';
const EMAIL = "CREATE DOMAIN address AS text DEFAULT 'a@b' CONSTRAINT has_at CHECK (VALUE LIKE '%@%')";
const USED = `${EMAIL}; ALTER TABLE items ADD COLUMN mail address`;
const NUMBERS = 'CREATE SEQUENCE numbers INCREMENT 5; ALTER SEQUENCE numbers OWNED BY items.line';
const STATISTICS = 'CREATE STATISTICS by_name ON name, plan FROM users';

export const OBJECT_SAMPLES: readonly Sample[] = [
  { about: VIEWS, sql: 'CREATE VIEW paying AS SELECT id, email FROM users' },
  { about: VIEWS, sql: 'CREATE OR REPLACE VIEW visitors AS SELECT id, name FROM users', before: VIEW },
  { about: VIEWS, sql: 'CREATE OR REPLACE VIEW visitors AS SELECT id, name, email FROM users', before: VIEW },
  { about: VIEWS, sql: 'ALTER VIEW visitors SET (security_barrier)', before: VIEW },
  { about: VIEWS, sql: "ALTER VIEW visitors ALTER COLUMN name SET DEFAULT 'somebody'", before: VIEW },
  {
    about: VIEWS,
    sql: 'ALTER VIEW visitors RENAME TO guests',
    before: VIEW,
    allow: { breaks_readers: 'nobody reads it' },
  },
  { about: VIEWS, sql: 'DROP VIEW visitors', before: VIEW, allow: { breaks_readers: 'nobody reads it' } },
  {
    about: VIEWS,
    sql: 'DROP VIEW visitors, names',
    before: `${VIEW}; CREATE VIEW names AS SELECT name FROM visitors`,
    allow: { breaks_readers: 'nobody reads them' },
  },
  { about: VIEWS, sql: 'CREATE MATERIALIZED VIEW totals AS SELECT sum(total) AS total FROM orders' },
  { about: VIEWS, sql: 'DROP MATERIALIZED VIEW counts', before: COUNTS, allow: { breaks_readers: 'nobody reads it' } },

  { about: FUNCTIONS, sql: TWICE },
  { about: FUNCTIONS, sql: TWICE.replace('CREATE', 'CREATE OR REPLACE').replace('2 * n', 'n + n'), before: GRANTED },
  {
    about: FUNCTIONS,
    sql: 'CREATE OR REPLACE FUNCTION twice(n integer DEFAULT 1) RETURNS integer LANGUAGE sql AS $$SELECT 2 * n$$',
    before: GRANTED,
  },
  { about: FUNCTIONS, sql: 'ALTER FUNCTION twice(integer) STRICT SET search_path = public', before: GRANTED },
  {
    about: FUNCTIONS,
    sql: 'ALTER FUNCTION twice(integer) RENAME TO doubled',
    before: GRANTED,
    allow: { breaks_readers: 'nobody calls it' },
  },
  {
    about: FUNCTIONS,
    sql: 'ALTER FUNCTION twice SET SCHEMA archive',
    before: GRANTED,
    allow: { breaks_readers: 'nobody calls it' },
  },
  { about: FUNCTIONS, sql: 'DROP FUNCTION twice(integer)', before: GRANTED },
  { about: FUNCTIONS, sql: 'CREATE PROCEDURE rest() LANGUAGE sql AS $$SELECT 1$$' },
  { about: FUNCTIONS, sql: 'CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer)' },
  {
    about: FUNCTIONS,
    sql: 'CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)',
  },
  {
    about: FUNCTIONS,
    sql: 'CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    before: TOUCH,
  },
  {
    about: FUNCTIONS,
    sql: 'CREATE OR REPLACE TRIGGER touched AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    before: TRIGGER,
  },
  { about: FUNCTIONS, sql: 'ALTER TRIGGER touched ON users RENAME TO handled', before: TRIGGER },
  { about: FUNCTIONS, sql: 'ALTER TABLE users ENABLE ALWAYS TRIGGER touched', before: TRIGGER },
  { about: FUNCTIONS, sql: 'DROP TRIGGER touched ON users', before: TRIGGER },
  { about: FUNCTIONS, sql: RULE },
  {
    about: FUNCTIONS,
    sql: RULE.replace('CREATE', 'CREATE OR REPLACE').replace('items', 'items WHERE OLD.line > 3'),
    before: RULE,
  },
  { about: FUNCTIONS, sql: 'DROP RULE keep ON items', before: RULE },
  { about: FUNCTIONS, sql: POLICY },
  { about: FUNCTIONS, sql: 'ALTER POLICY own ON users USING (visits > 1)', before: POLICY },
  { about: FUNCTIONS, sql: 'DROP POLICY own ON users', before: POLICY },

  { about: TYPES, sql: "CREATE TYPE mood AS ENUM ('low', 'high')" },
  { about: TYPES, sql: "ALTER TYPE mood ADD VALUE 'middle' BEFORE 'high'", before: MOOD, final: true },
  { about: TYPES, sql: "ALTER TYPE mood RENAME VALUE 'low' TO 'sad'", before: MOOD },
  { about: TYPES, sql: 'ALTER TYPE mood RENAME TO feeling', before: MOOD },
  { about: TYPES, sql: 'DROP TYPE mood', before: MOOD },
  { about: TYPES, sql: PAIR },
  { about: TYPES, sql: 'ALTER TYPE pair ADD ATTRIBUTE z integer', before: PAIR },
  { about: TYPES, sql: 'ALTER TYPE pair RENAME ATTRIBUTE x TO first', before: PAIR },
  { about: TYPES, sql: 'CREATE TYPE period AS RANGE (subtype = date)' },
  { about: TYPES, sql: EMAIL },
  { about: TYPES, sql: "ALTER DOMAIN address SET DEFAULT 'c@d'", before: EMAIL },
  { about: TYPES, sql: 'ALTER DOMAIN address DROP DEFAULT', before: EMAIL },
  { about: TYPES, sql: 'ALTER DOMAIN address ADD CHECK (length(VALUE) < 100)', before: EMAIL },
  {
    about: TYPES,
    sql: 'ALTER DOMAIN address ADD CONSTRAINT short CHECK (length(VALUE) < 100)',
    before: USED,
    allow: { blocks_writes: 'the table is small' },
  },
  {
    about: TYPES,
    sql: 'ALTER DOMAIN address ADD CONSTRAINT short CHECK (length(VALUE) < 100) NOT VALID',
    before: USED,
  },
  {
    about: TYPES,
    sql: 'ALTER DOMAIN address VALIDATE CONSTRAINT short',
    before: `${USED}; ALTER DOMAIN address ADD CONSTRAINT short CHECK (length(VALUE) < 100) NOT VALID`,
    allow: { blocks_writes: 'the table is small' },
  },
  { about: TYPES, sql: 'ALTER DOMAIN address SET NOT NULL', before: EMAIL },
  {
    about: TYPES,
    sql: 'ALTER DOMAIN address DROP CONSTRAINT late',
    before: `${EMAIL}; ALTER DOMAIN address ADD CONSTRAINT late CHECK (length(VALUE) < 100) NOT VALID`,
  },
  { about: TYPES, sql: 'DROP DOMAIN address', before: EMAIL },

  { about: OTHERS, sql: 'CREATE SCHEMA IF NOT EXISTS sales' },
  { about: OTHERS, sql: 'DROP SCHEMA archive' },
  { about: OTHERS, sql: 'ALTER SCHEMA archive RENAME TO attic', allow: { breaks_readers: 'nobody reads it' } },
  { about: OTHERS, sql: 'CREATE EXTENSION citext' },
  {
    about: OTHERS,
    sql: 'DROP EXTENSION citext',
    before: 'CREATE EXTENSION citext',
    allow: { data_loss: 'it keeps nothing' },
    final: true,
  },
  { about: OTHERS, sql: 'ALTER SEQUENCE tickets INCREMENT BY 10 CACHE 20' },
  { about: OTHERS, sql: 'ALTER SEQUENCE tickets OWNED BY items.line' },
  { about: OTHERS, sql: 'ALTER SEQUENCE numbers OWNED BY NONE', before: NUMBERS },
  { about: OTHERS, sql: STATISTICS },
  { about: OTHERS, sql: 'ALTER STATISTICS by_name SET STATISTICS 50', before: STATISTICS },
  { about: OTHERS, sql: 'DROP STATISTICS by_name', before: STATISTICS },

  {
    about: OTHERS,
    sql: 'ALTER INDEX lowered ALTER COLUMN 1 SET STATISTICS 500',
    before: 'CREATE INDEX lowered ON users (lower(email))',
  },

  { about: WORDS, sql: "COMMENT ON TABLE users IS 'people'" },
  { about: WORDS, sql: 'COMMENT ON COLUMN visitors.name IS NULL', before: VIEW },
  { about: WORDS, sql: "COMMENT ON CONSTRAINT visits_count ON users IS 'nobody un-visits'" },
  { about: WORDS, sql: "COMMENT ON FUNCTION twice(integer) IS 'n, and n again'", before: GRANTED },
  {
    about: WORDS,
    sql: 'ALTER FUNCTION twice(integer) OWNER TO pg_monitor',
    before: `${GRANTED}; GRANT CREATE ON SCHEMA public TO pg_monitor`,
  },
  { about: WORDS, sql: 'ALTER TABLE users OWNER TO pg_monitor' },
  { about: WORDS, sql: 'GRANT SELECT, UPDATE (name) ON users TO pg_monitor WITH GRANT OPTION' },
  { about: WORDS, sql: 'REVOKE SELECT ON visitors FROM PUBLIC', before: `${VIEW}; GRANT SELECT ON visitors TO PUBLIC` },
  { about: WORDS, sql: 'REVOKE ALL ON FUNCTION twice FROM PUBLIC', before: TWICE },
];
