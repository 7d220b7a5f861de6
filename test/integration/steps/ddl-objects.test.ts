/** `ddl`: what it says about objects that are there, or not, or that nothing brings back; and steps that build on each other. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';

const SCHEMA = `
  CREATE SCHEMA archive;
  CREATE TABLE users (id int PRIMARY KEY, name text);
  CREATE TYPE mood AS ENUM ('low', 'high');
  CREATE DOMAIN word AS text NOT NULL CONSTRAINT short CHECK (length(VALUE) < 9);
  CREATE SEQUENCE numbers;
  CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
  CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
  CREATE VIEW visitors AS SELECT id, name FROM users;
  CREATE TABLE plans (id int DEFAULT twice(2), word word);
  CREATE POLICY own ON users USING (true);
  CREATE STATISTICS by_name ON id, name FROM users;
  CREATE EXTENSION citext SCHEMA archive`;

/** IF EXISTS and IF NOT EXISTS are decided when the plan is compiled. */
const NOTHING_TO_DO = [
  'CREATE SCHEMA IF NOT EXISTS archive',
  'CREATE EXTENSION IF NOT EXISTS citext',
  'CREATE SEQUENCE IF NOT EXISTS numbers',
  'CREATE STATISTICS IF NOT EXISTS by_name ON id, name FROM users',
  "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'low'",
  'ALTER DOMAIN word DROP CONSTRAINT IF EXISTS long',
  'ALTER DOMAIN word SET NOT NULL',
  'DROP VIEW IF EXISTS nobody',
  'DROP FUNCTION IF EXISTS nobody(int)',
  'DROP TRIGGER IF EXISTS nobody ON users',
  'DROP POLICY IF EXISTS nobody ON users',
  'DROP TYPE IF EXISTS nobody',
  'DROP SCHEMA IF EXISTS nobody',
  'DROP EXTENSION IF EXISTS hstore',
];

const REFUSED: readonly (readonly [sql: string, expected: RegExp])[] = [
  ['CREATE SCHEMA archive', /LS6204 There is a `schema archive` already/],
  ['CREATE VIEW visitors AS SELECT 1', /LS6204 There is a `public.visitors` already/],
  ['CREATE OR REPLACE VIEW users AS SELECT 1', /LS6204 There is a `public.users` already/],
  ["CREATE FUNCTION twice(m int) RETURNS int LANGUAGE sql AS 'SELECT 1'", /LS6204.*function public.twice\(integer\)/],
  ['CREATE POLICY own ON users USING (false)', /LS6204 There is a `policy own on public.users` already/],
  ["CREATE TYPE mood AS ENUM ('x')", /LS6204 There is a `type public.mood` already/],
  ['CREATE EXTENSION citext', /LS6204 There is a `extension citext` already/],
  ['ALTER DOMAIN word ADD CONSTRAINT short CHECK (true) NOT VALID', /LS6204.*domain constraint short on public.word/],
  ['ALTER TYPE mood RENAME TO word', /LS6204 There is a `type public.word` already/],
  ['DROP FUNCTION nobody', /LS6204 There is no `function public.nobody\(\)`/],
  ['DROP VIEW nobody', /LS6204 There is no `view public.nobody`/],
  ['ALTER FUNCTION nobody(int) STRICT', /LS6204 There is no/],
  ["COMMENT ON COLUMN users.nobody IS 'x'", /LS6204 There is no `table column public.users.nobody`/],
  ["COMMENT ON FUNCTION twice(text) IS 'x'", /LS6204 There is no `function public.twice\(text\)`/],
  ['CREATE SCHEMA more CREATE TABLE t (id int)', /LS6203 CREATE SCHEMA makes other objects/],
  ['CREATE EXTENSION earthdistance CASCADE', /LS6203 CASCADE installs/],
  ['CREATE STATISTICS ON id, name FROM users', /LS6203.*give them a name/],
  ['DROP VIEW visitors CASCADE', /LS6203 CASCADE/],
  ["CREATE COLLATION german (provider = icu, locale = 'de')", /LS6203 CREATE COLLATION is not known/],
  ['GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC', /LS6203.*name the objects/],
  ['DROP VIEW visitors', /LS6201 `breaks_readers`/],
  ['ALTER DOMAIN word ADD CHECK (length(VALUE) < 7)', /LS6201 `blocks_writes`.*public.plans/],
  ["ALTER TYPE mood ADD VALUE 'other'", /LS6202 an enum keeps the labels/],
  ['CREATE TABLE fresh (id int); DROP TABLE fresh', /LS6202 what a dropped table held is gone/],
  ['DROP AGGREGATE total(int)', /LS6202.*the server prints no definition of it/],
  ['ALTER SEQUENCE numbers RESTART', /LS6202 nobody knows the number/],
  ["COMMENT ON FUNCTION archive.citext_eq IS 'x'", /LS6202.*of an extension/],
  [
    'CREATE OR REPLACE FUNCTION twice(n int DEFAULT 1) RETURNS int LANGUAGE sql AS $$SELECT 1$$',
    /LS6202 function public.twice\(integer\) is used by/,
  ],
  [
    'ALTER TABLE users RENAME COLUMN name TO called; CREATE OR REPLACE VIEW visitors AS SELECT id, called AS name FROM users',
    /LS6202 view public.visitors cannot be made again: its definition is not known/,
  ],
];

/** Each list is the steps of one plan. */
const CHAINS: readonly (readonly string[])[] = [
  [
    "CREATE TYPE level AS ENUM ('one'); CREATE FUNCTION up(l level) RETURNS level LANGUAGE sql AS 'SELECT l'",
    "ALTER TYPE level ADD VALUE 'two'; COMMENT ON FUNCTION up(level) IS 'up'; GRANT EXECUTE ON FUNCTION up TO pg_monitor",
    "CREATE OR REPLACE FUNCTION up(l level) RETURNS level LANGUAGE sql AS 'SELECT $1'; ALTER FUNCTION up(level) STABLE",
    'DROP FUNCTION up(level); DROP TYPE level',
  ],
  [
    "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
    "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql STABLE AS 'SELECT n + n + 0'",
    "ALTER FUNCTION twice STRICT; COMMENT ON FUNCTION twice IS 'a'; COMMENT ON FUNCTION twice IS 'b'",
  ],
  [
    'CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$',
    'CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    "ALTER TABLE users DISABLE TRIGGER touched; COMMENT ON TRIGGER touched ON users IS 'x'",
    'DROP TRIGGER touched ON users; DROP FUNCTION touch()',
  ],
  [
    'CREATE SCHEMA more; CREATE VIEW more.seen AS SELECT id FROM visitors',
    'CREATE OR REPLACE VIEW visitors AS SELECT id, name, name AS called FROM users',
    'CREATE VIEW last AS SELECT called FROM visitors',
  ],
];

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const planOf = (...steps: readonly string[]): PlanOnDatabase =>
    planOn(test.database, { name: 'objects', steps: steps.map((ddl, index) => ({ id: `step-${index + 1}`, ddl })) });

  describe(`on server ${major}`, async () => {
    await forgetShape(test);
    await test.query(SCHEMA);

    it.each(NOTHING_TO_DO)('has nothing to do: %s', async (sql) => {
      const planned = await planOf(sql).plan();
      expect(told(planned)).toMatch(/^exit 0\nLS6205 /);
      expect(planned.report?.operations).toEqual([]);
    });

    it.each(REFUSED)('refuses %s', async (sql, expected) => {
      const planned = await planOf(sql).plan();
      expect(planned.exit).not.toBe(0);
      expect(told(planned)).toMatch(expected);
    });

    it.each(CHAINS)('takes steps back that build on each other: %s', async (...steps) => {
      const plan = planOf(...steps);
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(back.report?.drift).toEqual([]);
      await test.query('DROP SCHEMA lockstep CASCADE');
    });
  });
}
