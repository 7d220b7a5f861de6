/** Checks of the rows of one table or query: `empty`, `row_count`, `no_nulls`, `unique`, `no_rows`, `value`. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { askCheck, violationsOf } from './ask-checks.js';

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  await found.query(`
    CREATE TABLE users (id bigint PRIMARY KEY, email text, "Last ""Name""" text);
    INSERT INTO users VALUES (1, 'a@x', 'Ö'), (2, 'a@x', NULL), (3, NULL, NULL), (4, NULL, 'Ö'), (9007199254740993, 'b@x', 'É');
    CREATE TABLE nobody (id bigint PRIMARY KEY);
    CREATE SCHEMA "Auth";
    CREATE TABLE "Auth"."some.users" (id bigint);
    INSERT INTO "Auth"."some.users" SELECT generate_series(1, 5)`);

  describe(`on server ${major}`, () => {
    it('empty holds for no rows, and shows some where there are any', async () => {
      expect((await askCheck(found, { empty: 'nobody' })).violations).toBe(0);
      const { violations, samples, says } = await askCheck(found, { empty: '"Auth"."some.users"', samples: 2 });
      expect({ violations, samples, says }).toEqual({
        violations: 5,
        samples: [{ id: 1 }, { id: 2 }],
        says: '"Auth"."some.users" is empty',
      });
    });

    it('row_count compares with a number, with limits, with another table; both figures are shown', async () => {
      const holding = [
        { table: 'users', is: 5 },
        { table: 'nobody', is: 0 },
        { table: 'users', where: 'email IS NULL', is: 2 },
        { table: 'users', at_least: 5 },
        { table: 'users', at_most: 5 },
        { table: 'users', at_least: 1, at_most: 5 },
        { table: 'users', is: { table: '"Auth"."some.users"' } },
        {
          table: 'users',
          where: 'email IS NOT NULL',
          is: { table: '"Auth"."some.users"', where: 'id > 2 -- a comment' },
        },
      ];
      const failing = [
        { table: 'users', is: 4 },
        { table: 'users', is: 0 },
        { table: 'users', at_least: 6 },
        { table: 'users', at_most: 4 },
        { table: 'users', at_least: 6, at_most: 9 },
        { table: 'users', is: { table: 'nobody' } },
        // OR binds weaker than the condition that it is put beside.
        { table: 'users', where: 'id = 1 OR id = 2', is: 1 },
      ];
      expect(
        await violationsOf(
          found,
          holding.map((row_count) => ({ row_count })),
        ),
      ).toEqual(holding.map(() => 0));
      expect(
        await violationsOf(
          found,
          failing.map((row_count) => ({ row_count })),
        ),
      ).toEqual(failing.map(() => 1));
      expect(await askCheck(found, { row_count: { table: 'users', is: { table: 'nobody' } } })).toEqual({
        violations: 1,
        samples: [{ actual: 5, expected: 0 }],
        figures: { actual: 5, expected: 0 },
        says: 'users has as many rows as nobody',
      });
      expect((await askCheck(found, { row_count: { table: 'users', is: 5 } })).figures).toEqual({
        actual: 5,
        expected: 5,
      });
    });

    it('no_nulls finds a NULL in any of the columns', async () => {
      expect((await askCheck(found, { no_nulls: { table: 'users', columns: ['id'] } })).violations).toBe(0);
      expect((await askCheck(found, { no_nulls: { table: 'nobody', columns: ['id'] } })).violations).toBe(0);
      expect((await askCheck(found, { no_nulls: { table: 'users', columns: ['email'] } })).violations).toBe(2);
      const both = await askCheck(found, { no_nulls: { table: 'users', columns: ['email', '"Last ""Name"""'] } });
      expect(both.violations).toBe(3);
      expect(both.samples).toContainEqual(expect.objectContaining({ id: 2, email: 'a@x', 'Last "Name"': null }));
    });

    it('unique counts every set of doubles once; NULL equals nothing', async () => {
      expect((await askCheck(found, { unique: { table: 'users', columns: ['id'] } })).violations).toBe(0);
      const email = await askCheck(found, { unique: { table: 'users', columns: ['email'] } });
      expect(email).toMatchObject({ violations: 1, samples: [{ email: 'a@x', rows: 2 }] });
      expect((await askCheck(found, { unique: { table: 'users', columns: ['email', 'id'] } })).violations).toBe(0);
      // Twice ('Ö'), once with a NULL beside it in the pair.
      const names = await askCheck(found, { unique: { table: 'users', columns: ['"Last ""Name"""'] } });
      expect(names).toMatchObject({ violations: 1, samples: [{ 'Last "Name"': 'Ö', rows: 2 }] });
      const pairs = await askCheck(found, { unique: { table: 'users', columns: ['"Last ""Name"""', 'email'] } });
      expect(pairs.violations).toBe(0);
    });

    it('no_rows shows what the query returns', async () => {
      expect((await askCheck(found, { no_rows: 'SELECT 1 WHERE false' })).violations).toBe(0);
      const { violations, samples } = await askCheck(found, {
        name: 'nobody without an address',
        no_rows: 'SELECT id, email FROM users WHERE email IS NULL ORDER BY id -- the evidence',
      });
      expect({ violations, samples }).toEqual({
        violations: 2,
        samples: [
          { id: 3, email: null },
          { id: 4, email: null },
        ],
      });
      // Evidence is shown to the digit, beyond what a JavaScript number holds.
      expect((await askCheck(found, { no_rows: 'SELECT id FROM users WHERE id > 9' })).samples).toEqual([
        { id: '9007199254740993' },
      ]);
      const several = await askCheck(found, {
        no_rows: 'WITH a AS (SELECT 1 AS x) SELECT x FROM a UNION ALL VALUES (2)',
      });
      expect(several.violations).toBe(2);
    });

    it('value compares in the type of the answer; NULL and no row are never right', async () => {
      const holding = [
        { sql: 'SELECT 42', is: 42 },
        { sql: 'SELECT count(*) FROM users', at_least: 5, at_most: 5 },
        { sql: `SELECT 'Ö'`, is: 'Ö' },
        { sql: `SELECT 'it''s'`, is: `it's` },
        { sql: 'SELECT true', is: true },
        { sql: 'SELECT max(id) FROM users', is: '9007199254740993' },
        { sql: `SELECT DATE '2024-02-29'`, at_least: '2024-02-01' },
        // As numbers, not as text: '9' is greater than '10'.
        { sql: 'SELECT 10', at_least: 9 },
        { sql: 'SELECT 1.50', is: 1.5 },
      ];
      const failing = [
        { sql: 'SELECT 41', is: 42 },
        { sql: 'SELECT NULL::int', is: 42 },
        { sql: 'SELECT NULL::int', at_most: 42 },
        { sql: 'SELECT id FROM nobody', is: 0 },
        { sql: 'SELECT 4', at_least: 5, at_most: 9 },
        { sql: 'SELECT max(id) FROM users', is: '9007199254740992' },
      ];
      expect(
        await violationsOf(
          found,
          holding.map((value) => ({ value })),
        ),
      ).toEqual(holding.map(() => 0));
      expect(
        await violationsOf(
          found,
          failing.map((value) => ({ value })),
        ),
      ).toEqual(failing.map(() => 1));
      expect(await askCheck(found, { value: { sql: 'SELECT 41', is: 42 } })).toMatchObject({
        samples: [{ actual: 41, expected: '42' }],
        figures: { actual: 41, expected: '42' },
        says: 'the value is 42',
      });
    });

    it('any of them can be a warning, limit its samples, and hide what is nobody’s business', async () => {
      const check = { no_rows: 'SELECT id, email FROM users WHERE id < 3 ORDER BY id', mask: ['email'], samples: 1 };
      expect(await askCheck(found, { ...check, severity: 'warning' })).toMatchObject({
        violations: 2,
        samples: [{ id: 1, email: '•••' }],
      });
      expect((await askCheck(found, { ...check, samples: 0 })).samples).toEqual([]);
    });
  });
}
