/** Scenario 4 from its plan to its proof, over the cutover and back, under live writes, on both ends of the servers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { statusCommand } from '../../src/commands/status.js';
import { validateCommand } from '../../src/commands/validate.js';
import { catalogLines } from '../support/catalog-text.js';
import { testDatabase } from '../support/database.js';
import { loadExample, runExampleFile } from '../support/load-example.js';
import { ON_OLD } from '../support/majors.js';
import { planOn, told } from '../support/plan-on-database.js';
import { journalDifferences, whileJournalsAreKept, type JournalLog } from './live-journal.js';

const FILE = fileURLToPath(new URL('../../plans/journal-uuid.yaml', import.meta.url));
const TEXT = readFileSync(FILE, 'utf8');
const SET = { soak: '0s' };
const USERS = 3_000;

/** Rows of those users that nobody writes meanwhile. */
const STILL = [
  `SELECT u::text AS row FROM users AS u WHERE email NOT LIKE 'live-%' ORDER BY u.email`,
  ...['journal_entries', 'tags', 'reminders'].map(
    (table) =>
      `SELECT t::text AS row FROM ${table} AS t LEFT JOIN users AS u ON u.id = t.user_id WHERE u.email NOT LIKE 'live-%' ORDER BY t.id`,
  ),
];

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { database, query, value } = found;
  const plan = planOn(database, TEXT, SET);
  const still = (): Promise<readonly unknown[]> => Promise.all(STILL.map((sql) => query(sql)));

  describe(`journal-uuid on server ${major}`, () => {
    let before: readonly unknown[];
    let catalog: readonly string[];
    const log: JournalLog = new Map();

    beforeAll(async () => {
      await loadExample(found, 'journal-uuid', USERS);
      before = await still();
      catalog = await catalogLines(found);
    });

    test('is valid, and planning it writes nothing', async () => {
      expect(told(await validateCommand({ files: [FILE], set: SET, env: {} }))).toBe('exit 0');
      expect(told(await plan.plan())).toBe('exit 0');
      expect(await value(`SELECT to_regnamespace('lockstep')`)).toBeNull();
      expect(await catalogLines(found)).toEqual(catalog);
    });

    test('stops at ids that are no uuids, with samples, before anything changes; repaired, they hold it up no longer', async () => {
      await runExampleFile(found, 'journal-uuid', 'bad-rows.sql');
      const stopped = await plan.apply();
      expect(stopped.exit).toBe(4);
      expect(await catalogLines(found)).toEqual(catalog);
      const [users] = (await plan.verify()).report!.checks;
      expect(users!.answer).toMatchObject({ violations: 7, figures: { not_readable: 3, changed: 2, doubles: 2 } });
      expect(users!.answer!.samples.map(({ why }) => why)).toContain('not a uuid');
      await runExampleFile(found, 'journal-uuid', 'repair.sql');
      before = await still();
    });

    test('is cut over while everybody writes', async () => {
      await whileJournalsAreKept(found.url, log, async (writes) => {
        await writes.written(40);
        expect(told(await plan.apply())).toBe('exit 6');
        await writes.written(150);
      });
      expect(await journalDifferences(log, found)).toEqual([]);
      expect(await value(`SELECT pg_typeof(id)::text FROM users LIMIT 1`)).toBe('uuid');
      expect(await value(`SELECT count(*)::int FROM users WHERE id::text <> lower(id_legacy)`)).toBe(0);
      expect(await query('EXPLAIN SELECT FROM users WHERE id = gen_random_uuid()')).toBeTruthy();
    });

    test('comes back after the cutover with all that was written, and the catalog is what it was', async () => {
      await whileJournalsAreKept(found.url, log, async (writes) => {
        await writes.written(100);
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(back.report!.drift).toEqual([]);
        await writes.written(50);
      });
      expect(await journalDifferences(log, found)).toEqual([]);
      expect(await catalogLines(found)).toEqual(catalog);
      expect(await still()).toEqual(before);
    });

    test('the journal tells its history: time, event, from, to, details, user', async () => {
      const { report } = await statusCommand({ database, run: 'journal-uuid' });
      const { history } = report!.run!;
      expect(Object.keys(history[0]!)).toEqual(['time', 'event', 'operation', 'from', 'to', 'details', 'user']);
      expect(history[0]).toMatchObject({ event: 'run begun' });
      expect(history.at(-1)).toMatchObject({ event: 'run moved', to: 'rolled back' });
      expect(history.map(({ time }) => time)).toEqual(history.map(({ time }) => time).sort());
      // Each state begins where the one before it ended.
      const moves = history.filter(({ event }) => event === 'operation moved');
      for (const operation of new Set(moves.map((move) => move.operation))) {
        const own = moves.filter((move) => move.operation === operation);
        expect(own.slice(1).map(({ from }) => from)).toEqual(own.slice(0, -1).map(({ to }) => to));
      }
      expect(new Set(history.map(({ user }) => user))).toEqual(new Set([await value('SELECT session_user')]));
    });

    test('comes back before the cutover too', async () => {
      const half = planOn(
        database,
        TEXT.replace(/\n {2}- id: flip[^]*$/, '\n').replace('journal-uuid', 'journal-half'),
        SET,
      );
      await whileJournalsAreKept(found.url, log, async (writes) => {
        expect(told(await half.apply())).toBe('exit 0');
        await writes.written(100);
        const back = await half.rollback();
        expect(told(back)).toBe('exit 0');
        await writes.written(50);
      });
      expect(await journalDifferences(log, found)).toEqual([]);
      expect(await catalogLines(found)).toEqual(catalog);
      expect(await still()).toEqual(before);
    });

    test('goes to the end, going on after the cutover; the old columns stay for eight days', async () => {
      await whileJournalsAreKept(found.url, log, async (writes) => {
        expect(told(await plan.apply())).toBe('exit 6');
        await writes.written(100);
        expect(told(await plan.approve('sign-off'))).toBe('exit 0');
        expect(told(await plan.apply())).toBe('exit 6');
        await writes.written(50);
      });
      expect(await journalDifferences(log, found)).toEqual([]);
      expect(await value(`SELECT count(*)::int FROM pg_trigger WHERE NOT tgisinternal`)).toBe(0);
      expect(await value('SELECT count(id_legacy)::int FROM users')).toBeGreaterThan(USERS);
      const waiting = await plan.apply();
      expect(told(waiting)).toBe('exit 6');
      expect(JSON.stringify(waiting.report)).toContain('done/retain/users-uuid');
    });

    // The window of a plan that finds its key converted has no tables, and its comparison is no SQL.
    test('verify asks about the window also after the cutover', async () => {
      expect(told(await plan.verify())).toBe('exit 0');
    });

    test('converted already is success, with nothing done', async () => {
      const already = planOn(database, TEXT.replace('name: journal-uuid', 'name: journal-again'), SET);
      expect((await already.plan()).exit).toBe(0);
    });

    test('empty tables are converted too', async () => {
      const empty = await testDatabase({ major });
      await loadExample(empty, 'journal-uuid', 1);
      await empty.query('TRUNCATE users CASCADE');
      const onEmpty = planOn(empty.database, TEXT, SET);
      expect(told(await onEmpty.apply())).toBe('exit 6');
      expect(
        await empty.value(
          `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'id'`,
        ),
      ).toBe('uuid');
    });
  });
}
