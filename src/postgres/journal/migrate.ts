/**
 * Brings the journal up to this program's version: all missing migrations in one transaction. First runs that start at the
 * same moment take turns at an advisory lock; a journal that is up to date is only read, so that an `apply` with nothing
 * to do writes nothing.
 */
import { DatabaseError, type Session } from '../../executor/session.js';
import { journalExists } from './advisory.js';
import { journalTables, send } from './journal-query.js';
import { JournalRefusal } from './journal-refusal.js';
import { JOURNAL_MIGRATIONS, type JournalMigration } from './migrations.js';

/** `lstp` in ASCII; the advisory locks of one database share one space with those of the application. */
const MIGRATION_LOCK = 0x6c737470;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * The session must not be in a transaction. Returns the numbers of the migrations that were applied.
 * Rejects with a JournalRefusal (`newer journal`, `not permitted`) or with the session's DatabaseError.
 */
export async function migrate(
  session: Session,
  migrations: readonly JournalMigration[] = JOURNAL_MIGRATIONS,
): Promise<readonly number[]> {
  try {
    if ((await missing(session, migrations)).length === 0) return [];
    return await applyMissing(session, migrations);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.sqlstate !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new JournalRefusal(
      'not permitted',
      `the journal cannot be made or read: ${error.message}`,
      'Let an administrator run `CREATE SCHEMA lockstep AUTHORIZATION <your role>` in this database, or grant your role the role that owns the schema lockstep.',
      { cause: error },
    );
  }
}

/** Rejects with a JournalRefusal where the journal is newer than this program. Only reads. */
export async function refuseNewerJournal(
  session: Session,
  migrations: readonly JournalMigration[] = JOURNAL_MIGRATIONS,
): Promise<void> {
  await missing(session, migrations);
}

async function applyMissing(session: Session, migrations: readonly JournalMigration[]): Promise<readonly number[]> {
  // READ COMMITTED, so that whoever had to wait sees what the other committed; and it waits as long as that takes.
  await session.query(
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0',
  );
  try {
    await session.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await createLedger(session);
    const applied = await missing(session, migrations);
    for (const { number, name, sql } of applied) {
      await session.query(sql);
      await send(session, journalTables.insertInto('lockstep.migration').values({ number, name }));
    }
    await session.query('COMMIT');
    return applied.map(({ number }) => number);
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Asked first: CREATE SCHEMA IF NOT EXISTS demands the right to create one even where it is there already. */
async function createLedger(session: Session): Promise<void> {
  const { rows } = await session.query<{ there: boolean }>(`SELECT to_regnamespace('lockstep') IS NOT NULL AS there`);
  if (rows[0]?.there !== true) await session.query('CREATE SCHEMA lockstep');
  if (await journalExists(session)) return;
  await session.query(`
    COMMENT ON SCHEMA lockstep IS 'the journal of lockstep: what its runs did to this database';
    CREATE TABLE lockstep.migration (
      number int PRIMARY KEY,
      name text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      by_user text NOT NULL DEFAULT session_user
    )`);
}

async function missing(
  session: Session,
  migrations: readonly JournalMigration[],
): Promise<readonly JournalMigration[]> {
  if (!(await journalExists(session))) return migrations;
  const rows = await send(session, journalTables.selectFrom('lockstep.migration').select('number').orderBy('number'));
  const known = migrations.at(-1)?.number ?? 0;
  const newest = rows.at(-1)?.number ?? 0;
  if (newest > known) {
    throw new JournalRefusal(
      'newer journal',
      `the journal of this database is of version ${newest}, this lockstep knows versions up to ${known}`,
      'Use the version of lockstep that wrote it, or a later one.',
    );
  }
  const applied = new Set(rows.map((row) => row.number));
  return migrations.filter(({ number }) => !applied.has(number));
}
