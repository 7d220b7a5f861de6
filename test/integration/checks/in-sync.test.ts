/** `in_sync`: missing, extra, different, double, each found alone and with its evidence; NULL-safe; several mappings. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { askCheck, askChecks } from './ask-checks.js';

const MAPPINGS = {
  logins: {
    from: 'users',
    to: '"user-logins"',
    where: 'google_id IS NOT NULL',
    target_where: `provider = 'google'`,
    key: ['provider', 'subject'],
    columns: { user_id: 'id', provider: { value: 'google' }, subject: 'google_id', note: 'note' },
  },
  subjects: { from: 'users', to: 'subjects', where: 'google_id IS NOT NULL', columns: { subject: 'google_id' } },
  profiles: { from: 'users', to: 'profiles', columns: { user_id: 'id', name: `coalesce(name, '')`, data: 'data' } },
};

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { query } = found;
  await query(`
    CREATE TABLE users (id bigint PRIMARY KEY, google_id text, note text, name text, data json);
    CREATE TABLE "user-logins" (user_id bigint, provider text, subject text, note text, PRIMARY KEY (provider, subject));
    CREATE TABLE subjects (subject text PRIMARY KEY);
    CREATE TABLE profiles (user_id bigint PRIMARY KEY, name text NOT NULL, data json)`);

  const agreeing = async (): Promise<void> => {
    await query(`
      TRUNCATE users, "user-logins", subjects, profiles;
      INSERT INTO users VALUES (1, 'g1', NULL, 'Ann', '{"b": 1, "a": 2}'), (2, 'g2', '', NULL, NULL), (3, NULL, 'x', 'Öl', '[]');
      INSERT INTO "user-logins" SELECT id, 'google', google_id, note FROM users WHERE google_id IS NOT NULL;
      INSERT INTO "user-logins" VALUES (1, 'github', 'h1', NULL);
      INSERT INTO profiles SELECT id, coalesce(name, ''), data FROM users`);
  };
  const loginsAfter = async (change: string): ReturnType<typeof askCheck> => {
    await agreeing();
    await query(change);
    return askCheck(found, { in_sync: ['logins'] }, MAPPINGS);
  };

  describe(`on server ${major}`, () => {
    it('holds where both sides correspond, rows of others aside', async () => {
      const answer = await loginsAfter('SELECT 1');
      expect(answer).toMatchObject({
        violations: 0,
        figures: { compared: 2, missing: 0, extra: 0, different: 0, double: 0 },
      });
    });

    it('holds for two empty sides', async () => {
      const answer = await loginsAfter('TRUNCATE users, "user-logins"');
      expect(answer).toMatchObject({ violations: 0, figures: { compared: 0 } });
    });

    it('finds a missing row', async () => {
      const answer = await loginsAfter(`DELETE FROM "user-logins" WHERE subject = 'g1'`);
      expect(answer).toMatchObject({ violations: 1, figures: { missing: 1, extra: 0, different: 0, double: 0 } });
      expect(answer.samples).toEqual([
        { problem: 'missing', expected: { user_id: 1, provider: 'google', subject: 'g1', note: null }, found: null },
      ]);
    });

    it('finds an extra row', async () => {
      const answer = await loginsAfter(`INSERT INTO "user-logins" VALUES (9, 'google', 'g9', NULL)`);
      expect(answer).toMatchObject({ violations: 1, figures: { missing: 0, extra: 1, different: 0, double: 0 } });
      expect(answer.samples).toEqual([
        { problem: 'extra', expected: null, found: { user_id: 9, provider: 'google', subject: 'g9', note: null } },
      ]);
    });

    it('finds a row whose source no longer takes part', async () => {
      const answer = await loginsAfter(`UPDATE users SET google_id = NULL WHERE id = 1`);
      expect(answer).toMatchObject({ violations: 1, figures: { extra: 1 } });
    });

    it('allows extra rows where the check says so, and still finds the others', async () => {
      await loginsAfter(`INSERT INTO "user-logins" VALUES (9, 'google', 'g9', NULL)`);
      const allowing = { in_sync: { of: ['logins'], extra: 'allow' } };
      expect(await askCheck(found, allowing, MAPPINGS)).toMatchObject({ violations: 0 });
      await query(`DELETE FROM "user-logins" WHERE subject = 'g2'`);
      expect(await askCheck(found, allowing, MAPPINGS)).toMatchObject({
        violations: 1,
        figures: { missing: 1, extra: 0 },
      });
    });

    it.each([
      ['a value', `UPDATE "user-logins" SET user_id = 8 WHERE subject = 'g1'`],
      ['NULL that became a value', `UPDATE "user-logins" SET note = '' WHERE subject = 'g1'`],
      ['a value that became NULL', `UPDATE "user-logins" SET note = NULL WHERE subject = 'g2'`],
      ['a source that went on', `UPDATE users SET note = 'new' WHERE id = 2`],
    ])('finds a different row: %s', async (_, change) => {
      const answer = await loginsAfter(change);
      expect(answer).toMatchObject({ violations: 1, figures: { missing: 0, extra: 0, different: 1, double: 0 } });
      expect(answer.samples[0]).toMatchObject({ problem: 'different' });
    });

    it('finds a double: source rows that fold into one target row', async () => {
      const answer = await loginsAfter(`INSERT INTO users VALUES (4, 'g1', NULL, NULL, NULL)`);
      expect(answer.figures).toMatchObject({ double: 1 });
      expect(answer.samples).toContainEqual({
        problem: 'double',
        expected: { provider: 'google', subject: 'g1', rows: 2 },
        found: null,
      });
    });

    it('finds a double that no other problem would show', async () => {
      await agreeing();
      await query(`INSERT INTO users VALUES (4, 'g1', NULL, NULL, NULL); INSERT INTO subjects VALUES ('g1'), ('g2')`);
      const answer = await askCheck(found, { in_sync: ['subjects'] }, MAPPINGS);
      expect(answer).toMatchObject({ violations: 1, figures: { missing: 0, extra: 0, different: 0, double: 1 } });
    });

    it('finds all four at once, and as many as there are', async () => {
      const answer = await loginsAfter(`
        DELETE FROM "user-logins" WHERE subject = 'g2';
        UPDATE "user-logins" SET user_id = 8 WHERE subject = 'g1';
        INSERT INTO "user-logins" SELECT n, 'google', 'x' || n, NULL FROM generate_series(1, 25) AS n`);
      expect(answer).toMatchObject({ violations: 27, figures: { missing: 1, extra: 25, different: 1, double: 0 } });
      expect(answer.samples).toHaveLength(10);
    });

    it('compares types that have no equality, letter by letter', async () => {
      await agreeing();
      expect(await askCheck(found, { in_sync: ['profiles'] }, MAPPINGS)).toMatchObject({ violations: 0 });
      await query(`UPDATE profiles SET data = '{"a": 2, "b": 1}' WHERE user_id = 1`);
      expect(await askCheck(found, { in_sync: ['profiles'] }, MAPPINGS)).toMatchObject({ figures: { different: 1 } });
    });

    it('asks each mapping by itself, and masks inside the rows', async () => {
      await agreeing();
      await query(`DELETE FROM profiles WHERE user_id = 3; DELETE FROM "user-logins" WHERE subject = 'g1'`);
      const answers = await askChecks(
        found,
        [{ name: 'all of it', in_sync: ['logins', 'profiles'], mask: ['name', 'subject'] }],
        MAPPINGS,
      );
      expect(answers.map(({ violations }) => violations)).toEqual([1, 1]);
      expect(answers[0]!.says).toContain('all of it');
      expect(answers[1]!.samples).toEqual([
        { problem: 'missing', expected: { user_id: 3, name: '•••', data: [] }, found: null },
      ]);
    });
  });
}
