/** What the examples of key conversions hold: the awkward values that their stories are about, at any size, and nothing else. */
import { describe, expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../support/database.js';
import { loadExample, runExampleFile } from '../support/load-example.js';
import { askChecks, violationsOf, type Check } from './checks/ask-checks.js';

const IDS = ['users.id', 'journal_entries.user_id', 'tags.user_id', 'reminders.user_id'];
const castable: readonly Check[] = IDS.map((column) => ({ castable: { column, to: 'uuid' } }));

for (const major of [18, 15]) {
  describe(`on server ${major}`, () => {
    it('journal-uuid: every id is a uuid, some in capitals; the bad rows are found one by one, and repaired', async () => {
      const found = await testDatabase({ major, after: onTestFinished });
      await loadExample(found, 'journal-uuid', 500);
      const answers = await askChecks(found, castable);
      expect(answers.map(({ violations }) => violations)).toEqual([0, 0, 0, 0]);
      expect(answers.map(({ figures }) => Number(figures!['letter_case']) > 0)).toEqual([true, true, true, true]);
      expect(await found.value('SELECT count(*)::int FROM reminders WHERE user_id IS NULL')).toBeGreaterThan(0);

      await runExampleFile(found, 'journal-uuid', 'bad-rows.sql');
      const [users] = await askChecks(found, [{ ...castable[0]!, samples: 20 }]);
      expect(users!.figures).toMatchObject({ values: 506, not_readable: 3, changed: 2, doubles: 2 });
      expect(users!.samples.map(({ why }) => String(why).replace(/'.*'/, '…')).sort()).toEqual([
        'comes back as …',
        'comes back as …',
        'double of …',
        'double of …',
        'not a uuid',
        'not a uuid',
        'not a uuid',
      ]);
      expect(await violationsOf(found, castable)).toEqual([7, 3, 0, 0]);

      await runExampleFile(found, 'journal-uuid', 'repair.sql');
      expect(await violationsOf(found, castable)).toEqual([0, 0, 0, 0]);
      expect(await found.value('SELECT count(*)::int FROM users')).toBe(506);
      expect(await found.value(`SELECT count(*)::int FROM journal_entries WHERE content = 'who am I?'`)).toBe(3);
    });

    it('clinic-uuid: ids of every kind, providers whom no key binds to their clinic', async () => {
      const found = await testDatabase({ major, after: onTestFinished });
      await loadExample(found, 'clinic-uuid', 500);
      const [users] = await askChecks(found, [{ castable: { column: 'users.id', to: 'uuid' } }]);
      expect(users!.violations).toBe(499);
      const ids = await found.query<{ id: string }>('SELECT id FROM users ORDER BY created_at LIMIT 4');
      expect(ids.map(({ id }) => id)).toEqual(['user123', 'User123', ' user123', `it's "the" admin`]);
      const orphans = ['providers.clinic_id', 'dashboards.clinic_id'].map((from) => ({
        no_orphans: { from, to: 'clinics.id' },
      }));
      expect(await violationsOf(found, orphans)).toEqual([0, 0]);
      for (const [table, column] of [
        ['providers', 'clinic_id'],
        ['dashboards', 'clinic_id'],
        ['users', 'name'],
      ])
        expect(await found.value(`SELECT count(*)::int FROM ${table} WHERE ${column} IS NULL`), table).toBeGreaterThan(
          0,
        );
      expect(
        await found.query(`SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = 'providers'::regclass`),
      ).toEqual([]);
    });

    it('the same number of rows gives the same rows', async () => {
      for (const example of ['journal-uuid', 'clinic-uuid']) {
        const texts = [];
        for (let time = 0; time < 2; time++) {
          const found = await testDatabase({ major, after: onTestFinished });
          await loadExample(found, example, 60);
          texts.push(await found.query('SELECT u::text FROM users AS u ORDER BY 1'));
        }
        expect(texts[0]).toEqual(texts[1]);
      }
    });
  });
}
