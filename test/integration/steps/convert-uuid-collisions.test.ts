/**
 * Two rows with one new key. Chance does not make them in a lifetime, so tests write them past the triggers, as a bad source of
 * random numbers would have; or the application gives a key that is another row's.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { forgetTables } from './whole-cycle.js';

const SCHEMA = `CREATE TABLE users (id serial PRIMARY KEY, boss int REFERENCES users);
  CREATE TABLE profile (user_id int PRIMARY KEY REFERENCES users, motto text);
  CREATE TABLE visit (id serial PRIMARY KEY, user_id int REFERENCES profile);
  INSERT INTO users (boss) SELECT nullif(g / 2, 0) FROM generate_series(1, 9) AS g;
  INSERT INTO profile SELECT g, 'm' || g FROM generate_series(1, 9) AS g;
  INSERT INTO visit (user_id) SELECT 1 + g % 9 FROM generate_series(1, 30) AS g`;
/** Pairs that do not belong together in any column, or in the table of pairs. */
const APART = `SELECT (SELECT count(*) FROM users AS u LEFT JOIN users AS b ON b.id = u.boss WHERE u.boss_uuid IS DISTINCT FROM b.id_uuid)
  + (SELECT count(*) FROM profile AS c LEFT JOIN users AS u ON u.id = c.user_id WHERE c.user_id_uuid IS DISTINCT FROM u.id_uuid)
  + (SELECT count(*) FROM visit AS v LEFT JOIN users AS u ON u.id = v.user_id WHERE v.user_id_uuid IS DISTINCT FROM u.id_uuid)
  + (SELECT count(*) FROM users AS u FULL JOIN pairs AS p ON p.table_name = 'users' AND p.old_id = u.id::text WHERE p.new_id IS DISTINCT FROM u.id_uuid)`;
const FLIP = { id: 'flip', cutover: { windows: ['keys'] } };
/** The last of the fills. */
const FILLED = 'keys/fill/public.visit/2';

for (const major of ON_OLD) {
  const db = await testDatabase({ major });
  const { database, query, value } = db;
  const plan = (convert: Readonly<Record<string, unknown>>, ...behind: readonly unknown[]) =>
    planOn(database, { name: 'keys', steps: [{ id: 'keys', convert_uuid: convert }, ...behind] });
  /** The rows of `users` in the list have the key of row 1 from here on, and so has all that refers to them. */
  const collide = (users: string): Promise<unknown> =>
    query(`DO $$ DECLARE t record; c uuid := (SELECT id_uuid FROM users WHERE id = 1); BEGIN
      FOR t IN SELECT tgrelid::regclass AS rel, tgname FROM pg_trigger WHERE tgname LIKE '~ lockstep%' LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.rel, t.tgname); END LOOP;
      UPDATE users SET id_uuid = c WHERE id IN (${users}); UPDATE users SET boss_uuid = c WHERE boss IN (${users});
      UPDATE profile SET user_id_uuid = c WHERE user_id IN (${users}); UPDATE visit SET user_id_uuid = c WHERE user_id IN (${users});
      UPDATE pairs SET new_id = c WHERE table_name = 'users' AND old_id::int IN (${users});
      FOR t IN SELECT tgrelid::regclass AS rel, tgname FROM pg_trigger WHERE tgname LIKE '~ lockstep%' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.rel, t.tgname); END LOOP;
    END $$`);

  describe(`collisions on server ${major}`, () => {
    beforeEach(async () => {
      await query(SCHEMA);
    });
    afterEach(() => forgetTables(db));

    test('of keys from chance: the later rows get others, all that refers to them follows, and the run says so', async () => {
      const before = await rowsOf(db);
      const keys = plan(
        { table: 'users', value: 'random', map: 'pairs' },
        { id: 'wait', gate: { approval: 'dba' } },
        FLIP,
      );
      expect((await keys.apply(stopAfterOperation(FILLED))).exit).toBe(EXIT.stopped);
      await collide('4, 7');
      const first = await value('SELECT id_uuid FROM users WHERE id = 1');
      expect((await keys.apply()).exit).toBe(EXIT.stopped);
      expect(await value(APART)).toBe('0');
      expect(await value('SELECT count(DISTINCT id_uuid)::int FROM users')).toBe(9);
      expect(await value('SELECT id_uuid FROM users WHERE id = 1')).toBe(first);
      await keys.approve('wait');
      const applied = await keys.apply();
      expect(told(applied)).toBe('exit 0');
      const found = applied.report!.run.operations.flatMap(({ findings }) => findings.samples);
      expect(found.map(({ what, detail }) => [what, detail['column'], detail['old'], detail['taken']])).toEqual(
        ['4', '7'].map((old) => [
          'two rows had one new key: the later one was given another',
          'public.users.id_uuid',
          Number(old),
          first,
        ]),
      );
      expect(told(await keys.rollback())).toBe('exit 0');
      expect(await rowsOf(db)).toEqual(before);
    });

    test("of a key that the application gives, which is another row's", async () => {
      const keys = plan({ table: 'users', value: 'random', map: 'pairs' });
      expect((await keys.apply(stopAfterOperation(FILLED))).exit).toBe(EXIT.stopped);
      await query(`INSERT INTO users (id, id_uuid) SELECT 50, id_uuid FROM users WHERE id = 3`);
      expect(told(await keys.apply())).toBe('exit 0');
      expect(await value(APART)).toBe('0');
      expect(await value('SELECT count(DISTINCT id_uuid)::int FROM users')).toBe(10);
      // From here on the index refuses it.
      await expect(query(`INSERT INTO users (id, id_uuid) SELECT 51, id_uuid FROM users WHERE id = 3`)).rejects.toThrow(
        'duplicate key',
      );
    });

    test('of keys that are derived: named, with the rows, and nothing is made up', async () => {
      const namespace = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
      const keys = plan({ table: 'users', value: 'derived', namespace, map: 'pairs' });
      expect((await keys.apply(stopAfterOperation('keys/fill/public.visit'))).exit).toBe(EXIT.stopped);
      await collide('4');
      const { exit, diagnostics } = await keys.apply();
      expect(exit).toBe(EXIT.failed);
      expect(diagnostics.map(({ code }) => code)).toContain('LS6612');
      expect(diagnostics.find(({ code }) => code === 'LS6612')!.detail).toContain('"old":"4"');
    });
  });

  describe(`two texts that are one uuid, on server ${major}`, () => {
    afterEach(() => forgetTables(db));

    test('are refused before anything changes, with the rows; one that comes later is named', async () => {
      const one = 'aaaaaaaa-0000-4000-8000-000000000001';
      await query(
        `CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users VALUES ('${one}'), ('${one.toUpperCase()}')`,
      );
      const keys = plan({ table: 'users', value: 'cast' });
      const refused = await keys.apply();
      expect(refused.exit).toBe(EXIT.checkFailed);
      expect(told(refused)).toMatch(/aaaaaaaa[\s\S]*AAAAAAAA/i);
      expect(await value(`SELECT count(*)::int FROM pg_attribute WHERE attname = 'id_uuid'`)).toBe(0);

      await query(`DELETE FROM users WHERE id = '${one.toUpperCase()}'`);
      expect((await keys.apply(stopAfterOperation('keys/fill/public.users'))).exit).toBe(EXIT.stopped);
      await query(`INSERT INTO users VALUES ('${one.toUpperCase()}')`);
      const late = await keys.apply();
      expect(late.diagnostics).toMatchObject([{ code: 'LS6612' }]);
      expect(late.diagnostics[0]!.detail).toContain(one);
      await query(`DELETE FROM users WHERE id = '${one.toUpperCase()}'`);
      expect(told(await keys.apply())).toBe('exit 0');
    });
  });
}
