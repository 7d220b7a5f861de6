/** `exists`, `absent`, `column_type`: what is asked of the system catalogs, for every sort of thing and for odd names. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { askCheck, violationsOf } from './ask-checks.js';

const THERE = [
  { table: 'users' },
  { table: 'public.users' },
  { table: 'auth.users' },
  { table: 'active_users' },
  { table: '"Weird ""Name"""' },
  { table: '"dotted.name"' },
  { column: 'users.id' },
  { column: 'auth.users.token' },
  { column: '"Weird ""Name""".größe' },
  { index: 'users_email' },
  { index: 'auth.users_token' },
  { constraint: 'users.users_pkey' },
  { constraint: '"Weird ""Name""".positive' },
  { function: 'total' },
  { function: 'total(integer, text)' },
  { function: 'auth.total' },
  { trigger: 'users.touch' },
  { extension: 'plpgsql' },
  { schema: 'auth' },
  { type: 'mood' },
  { type: 'auth.address' },
];

const NOT_THERE = [
  // Names are literal: a table of another case is another table.
  { table: 'Users' },
  { table: 'auth.active_users' },
  // A name without a schema is looked up in the default schema only.
  { table: 'sessions' },
  // An index is no table, a sequence neither.
  { table: 'users_email' },
  { table: 'users_id_seq' },
  { column: 'users.token' },
  // A dropped column leaves a row in pg_attribute.
  { column: 'users.gone' },
  { column: 'nowhere.id' },
  { index: 'users' },
  { index: 'users_token' },
  { constraint: 'users.positive' },
  { function: 'total(text)' },
  { function: 'auth.total(text)' },
  { trigger: 'users.touched' },
  // Triggers of foreign keys are the server's own.
  { trigger: 'orders.orders_user_id_fkey' },
  { extension: 'hstore' },
  { schema: 'Auth' },
  { type: 'moods' },
];

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  await found.query(`
    CREATE SCHEMA auth;
    CREATE TABLE users (id bigserial PRIMARY KEY, email text, gone text, price numeric(10, 2), tags varchar(20)[], at timestamptz);
    ALTER TABLE users DROP COLUMN gone;
    CREATE INDEX users_email ON users (email);
    CREATE TABLE orders (user_id bigint REFERENCES users);
    CREATE VIEW active_users AS SELECT * FROM users;
    CREATE TABLE auth.users (token text);
    CREATE TABLE auth.sessions (token text);
    CREATE INDEX users_token ON auth.users (token);
    CREATE TABLE "Weird ""Name""" ("größe" int CONSTRAINT positive CHECK ("größe" > 0));
    CREATE TABLE "dotted.name" (id int);
    CREATE FUNCTION total(integer, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION auth.total() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TYPE mood AS ENUM ('good');
    CREATE TYPE auth.address AS (city text)`);

  describe(`on server ${major}`, () => {
    it('exists finds what is there, and nothing else', async () => {
      expect(
        await violationsOf(
          found,
          THERE.map((thing) => ({ exists: thing })),
        ),
      ).toEqual(THERE.map(() => 0));
      expect(
        await violationsOf(
          found,
          NOT_THERE.map((thing) => ({ exists: thing })),
        ),
      ).toEqual(NOT_THERE.map(() => 1));
    });

    it('absent is its opposite', async () => {
      expect(
        await violationsOf(
          found,
          THERE.map((thing) => ({ absent: thing })),
        ),
      ).toEqual(THERE.map(() => 1));
      expect(
        await violationsOf(
          found,
          NOT_THERE.map((thing) => ({ absent: thing })),
        ),
      ).toEqual(NOT_THERE.map(() => 0));
    });

    it('shows what is missing, and what is there', async () => {
      expect(await askCheck(found, { exists: { table: 'Users' } })).toEqual({
        violations: 1,
        samples: [{ missing: 'Users' }],
        figures: null,
        says: 'table Users exists',
      });
      expect((await askCheck(found, { absent: { table: 'users' } })).samples).toEqual([{ present: 'users' }]);
    });

    it('column_type knows every spelling of a type', async () => {
      const right = [
        ['users.id', 'bigint'],
        ['users.id', 'int8'],
        ['users.id', 'BIGINT'],
        ['users.email', 'text'],
        ['users.price', 'numeric(10,2)'],
        ['users.price', 'decimal(10, 2)'],
        ['users.tags', 'varchar(20)[]'],
        ['users.tags', 'character varying(20)[]'],
        ['users.at', 'timestamptz'],
        ['users.at', 'timestamp with time zone'],
        ['"Weird ""Name""".größe', 'int'],
      ];
      const wrong = [
        ['users.id', 'int'],
        ['users.price', 'numeric'],
        ['users.price', 'numeric(10, 3)'],
        ['users.tags', 'varchar(21)[]'],
        ['users.tags', 'varchar(20)'],
        ['users.at', 'timestamp'],
        ['users.email', 'no_such_type'],
      ];
      const checks = (pairs: readonly string[][]): { column_type: object }[] =>
        pairs.map(([column, is]) => ({ column_type: { column, is } }));
      expect(await violationsOf(found, checks(right))).toEqual(right.map(() => 0));
      expect(await violationsOf(found, checks(wrong))).toEqual(wrong.map(() => 1));
      expect((await askCheck(found, { column_type: { column: 'users.price', is: 'money' } })).samples).toEqual([
        { column: 'users.price', type: 'numeric(10,2)', expected: 'money' },
      ]);
    });
  });
}
