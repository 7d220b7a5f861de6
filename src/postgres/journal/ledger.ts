/** The ledger of the journal's migrations: which have been applied, and whether that is a version that this program knows. */
import type { Session } from '../../executor/session.js';
import { journalExists } from './advisory.js';
import { JournalRefusal } from './journal-refusal.js';
import { JOURNAL_MIGRATIONS, type JournalMigration } from './migrations.js';

/**
 * What has to be applied; all of it where there is no journal. Only reads. Rejects with a JournalRefusal where the journal is
 * newer than this program, or its ledger has a hole: then nobody knows what its tables are like.
 */
export async function missingMigrations(
  session: Session,
  migrations: readonly JournalMigration[] = JOURNAL_MIGRATIONS,
): Promise<readonly JournalMigration[]> {
  if (!(await journalExists(session))) return migrations;
  const { rows } = await session.query<{ number: number }>('SELECT number FROM lockstep.migration ORDER BY number');
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
  const holes = migrations.filter(({ number }) => number < newest && !applied.has(number));
  if (holes.length > 0 || (rows.length === 0 && (await hasRuns(session)))) throw incomplete(holes, newest);
  return migrations.filter(({ number }) => !applied.has(number));
}

/** Rejects as `missingMigrations`. */
export async function refuseNewerJournal(
  session: Session,
  migrations: readonly JournalMigration[] = JOURNAL_MIGRATIONS,
): Promise<void> {
  await missingMigrations(session, migrations);
}

async function hasRuns(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(`SELECT to_regclass('lockstep.run') IS NOT NULL AS there`);
  return rows[0]!.there;
}

function incomplete(holes: readonly JournalMigration[], newest: number): JournalRefusal {
  const lacks = holes.map(({ number, name }) => `${number} (${name})`).join(', ');
  return new JournalRefusal(
    'incomplete',
    holes.length === 0
      ? 'the ledger of the journal, lockstep.migration, is empty, and its tables are there'
      : `the ledger of the journal, lockstep.migration, lacks ${lacks} and has ${newest}: rows of it were taken away`,
    'Restore the journal from a backup, or put the rows back if you know that its tables are of that version.',
  );
}
