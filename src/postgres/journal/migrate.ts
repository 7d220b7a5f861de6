/**
 * Brings the journal up to this program's version: all missing migrations in one transaction. First runs that start at the
 * same moment take turns at an advisory lock; a journal that is up to date is only read, so that an `apply` with nothing
 * to do writes nothing.
 */
import { DatabaseError, type Session } from '../../executor/session.js';
import { journalExists } from './advisory.js';
import { refuseIntruders, type JournalUse } from './journal-intruders.js';
import { journalTables, send } from './journal-query.js';
import { JournalRefusal } from './journal-refusal.js';
import { missingMigrations } from './ledger.js';
import { JOURNAL_MIGRATIONS, type JournalMigration } from './migrations.js';
import { refuseReadOnly } from './open-journal.js';

/** `lstp` in ASCII; the advisory locks of one database share one space with those of the application. */
const MIGRATION_LOCK = 0x6c737470;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Before anything is written. The session must not be in a transaction. Returns the numbers of the migrations that were applied.
 * `use`: by what right, see there. Rejects with a JournalRefusal (`newer journal`, `incomplete`, `not ours`, `read only`,
 * `not permitted`) or with the session's DatabaseError.
 */
export async function migrate(
  session: Session,
  migrations: readonly JournalMigration[] = JOURNAL_MIGRATIONS,
  use: JournalUse = 'own',
): Promise<readonly number[]> {
  try {
    await refuseToWrite(session, use);
    if ((await missingMigrations(session, migrations)).length === 0) return [];
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

/** For who writes without bringing the journal up to date; as `migrate`. */
export async function refuseToWrite(session: Session, use: JournalUse): Promise<void> {
  await refuseReadOnly(session);
  await session.query('BEGIN READ ONLY');
  try {
    await refuseIntruders(session, use);
  } finally {
    await session.query('ROLLBACK');
  }
}

async function applyMissing(session: Session, migrations: readonly JournalMigration[]): Promise<readonly number[]> {
  // READ COMMITTED, so that whoever had to wait sees what the other committed; and it waits as long as that takes.
  await session.query(
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0',
  );
  try {
    await session.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await createLedger(session);
    await refuseIntruders(session, 'own');
    const applied = await missingMigrations(session, migrations);
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

/** Several logins may be the runner: what one of them makes belongs to the role that they share, else the next one would meet it as a stranger's. */
async function actAsOwner(session: Session): Promise<void> {
  const { rows } = await session.query<{ owner: string }>(
    `SELECT pg_catalog.quote_ident(o.rolname) AS owner FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS o ON o.oid = n.nspowner
     WHERE n.nspname = 'lockstep' AND o.rolname <> current_user AND o.rolname !~ '^pg_' AND pg_catalog.pg_has_role(o.oid, 'USAGE')`,
  );
  if (rows[0] !== undefined) await session.query(`SET LOCAL ROLE ${rows[0].owner}`);
}

/** Asked first: CREATE SCHEMA IF NOT EXISTS demands the right to create one even where it is there already. */
async function createLedger(session: Session): Promise<void> {
  const { rows } = await session.query<{ there: boolean }>(`SELECT to_regnamespace('lockstep') IS NOT NULL AS there`);
  if (rows[0]?.there !== true) await session.query('CREATE SCHEMA lockstep');
  else await actAsOwner(session);
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
