import { describe, expect, onTestFinished, test } from 'vitest';

import { journalExists } from '../../../src/postgres/journal/advisory.js';
import { JournalRefusal } from '../../../src/postgres/journal/journal-refusal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { JOURNAL_MIGRATIONS } from '../../../src/postgres/journal/migrations.js';
import { testDatabase } from '../../support/database.js';

const newest = JOURNAL_MIGRATIONS.at(-1)!.number;
const all = JOURNAL_MIGRATIONS.map(({ number }) => number);

describe.each([18, 15])('the journal of a database on server %i', (major) => {
  const fresh = () => testDatabase({ major, after: onTestFinished });

  test('is made from nothing, and the second time only read', async () => {
    const { database, query } = await fresh();
    await database.withSession(async (session) => {
      expect(await journalExists(session)).toBe(false);
      expect(await migrate(session)).toEqual(all);
      const written = 'SELECT pg_current_xact_id_if_assigned() AS xid, count(*) FROM lockstep.migration';
      expect(await migrate(session)).toEqual([]);
      expect((await session.query(written)).rows).toMatchObject([{ xid: null }]);
      expect(await journalExists(session)).toBe(true);
    });
    expect(await query('SELECT number, by_user FROM lockstep.migration ORDER BY number')).toEqual(
      all.map((number) => ({ number, by_user: expect.any(String) as string })),
    );
    const tables = await query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'lockstep'::regnamespace AND relkind = 'r' ORDER BY 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual([
      'already_there',
      'approval',
      'batch',
      'before_image',
      'definitions',
      'event',
      'file_node',
      'finding',
      'migration',
      'mirror_failure',
      'move',
      'old_writer',
      'operation',
      'quarantined',
      'range',
      'run',
      'tombstone',
      'touched',
      'window',
      'window_move',
    ]);
  });

  test('is made once by first runs at the same moment', async () => {
    const { database, query } = await fresh();
    const first = await Promise.all(
      Array.from({ length: 6 }, () => database.withSession((session) => migrate(session))),
    );
    expect(first.filter((applied) => applied.length > 0)).toEqual([all]);
    expect(await query('SELECT number FROM lockstep.migration')).toHaveLength(all.length);
  });

  test('grows by what is missing', async () => {
    const { database, value } = await fresh();
    const later = { number: newest + 1, name: 'later', sql: 'CREATE TABLE lockstep.later (id int); SELECT 1' };
    await database.withSession(async (session) => {
      await migrate(session);
      expect(await migrate(session, [...JOURNAL_MIGRATIONS, later])).toEqual([newest + 1]);
    });
    expect(await value(`SELECT to_regclass('lockstep.later') IS NOT NULL`)).toBe(true);
  });

  test('is not left half made', async () => {
    const { database, value } = await fresh();
    const broken = { number: newest + 1, name: 'broken', sql: 'SELECT 1/0' };
    await database.withSession(async (session) => {
      await expect(migrate(session, [...JOURNAL_MIGRATIONS, broken])).rejects.toThrow('division by zero');
      expect(await journalExists(session)).toBe(false);
      expect(await migrate(session)).toEqual(all);
    });
    expect(await value('SELECT max(number) FROM lockstep.migration')).toBe(newest);
  });

  test('is refused when a later version has written it', async () => {
    const { database, query } = await fresh();
    await database.withSession((session) => migrate(session));
    await query(`INSERT INTO lockstep.migration (number, name) VALUES (${newest + 7}, 'from the future')`);
    const refusal: unknown = await database.withSession((session) => migrate(session)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JournalRefusal);
    expect(refusal).toMatchObject({
      reason: 'newer journal',
      message: `the journal of this database is of version ${newest + 7}, this lockstep knows versions up to ${newest}`,
    });
  });

  test('names the remedy where the role may not make it, and takes it', async () => {
    const { database, query, name } = await fresh();
    const role = `${name}_clerk`;
    await query(`CREATE ROLE ${role}`);
    onTestFinished(async () => {
      await query(`DROP OWNED BY ${role}`);
      await query(`DROP ROLE ${role}`);
    });
    await database.withSession(async (session) => {
      await session.query(`SET ROLE ${role}`);
      const refusal: unknown = await migrate(session).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(JournalRefusal);
      expect(refusal).toMatchObject({
        reason: 'not permitted',
        remedy: expect.stringContaining('CREATE SCHEMA lockstep AUTHORIZATION') as string,
      });
      await query(`CREATE SCHEMA lockstep AUTHORIZATION ${role}`);
      expect(await migrate(session)).toEqual(all);
    });
  });
});
