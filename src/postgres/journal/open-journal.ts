/** What is asked of the journal before anything in it is believed or written. */
import type { Session } from '../../executor/session.js';
import { journalExists, journalMayBeRead } from './advisory.js';
import { refuseIntruders } from './journal-intruders.js';
import { JournalRefusal } from './journal-refusal.js';
import { refuseNewerJournal } from './ledger.js';

/**
 * In a transaction, READ ONLY will do. False: there is none. Rejects with a JournalRefusal where what stands there cannot be
 * read as ours: `not ours`, `newer journal`, `incomplete`.
 */
export async function openJournal(session: Session): Promise<boolean> {
  if (!(await journalExists(session))) return false;
  await refuseIntruders(session, 'read');
  // Else the server says which right is missing, where it is needed.
  if (await journalMayBeRead(session)) await refuseNewerJournal(session);
  return true;
}

/**
 * What a role or a database has set is respected, and not overruled by our own transactions. Rejects with a JournalRefusal
 * (`read only`) that names the setting and where it comes from.
 */
export async function refuseReadOnly(session: Session): Promise<void> {
  const { rows } = await session.query<ReadOnly>(READ_ONLY);
  const found = rows[0];
  if (found === undefined) return;
  const { user, database } = found;
  const from = found.place === null ? SOURCES[found.source] : found.place;
  throw new JournalRefusal(
    'read only',
    `default_transaction_read_only is on for ${user} in ${database}${from === undefined ? '' : `, set ${from}`}: nothing is written`,
    `Run as a role that may write there, or let an administrator take the setting back: ALTER ROLE ${user} SET default_transaction_read_only = off.`,
  );
}

interface ReadOnly {
  readonly user: string;
  readonly database: string;
  readonly source: string;
  readonly place: string | null;
}

/** Words of pg_settings.source for what no row of pg_db_role_setting says. */
const SOURCES: Readonly<Record<string, string>> = {
  client: 'by the connection',
  'configuration file': 'in the configuration of the server',
  'command line': 'on the command line of the server',
  'environment variable': 'by an environment variable of the server',
  session: 'in the session',
};

/** The most particular setting wins: of the role in the database, of the role, of the database, of all. */
const READ_ONLY = `
  SELECT s.source, pg_catalog.quote_ident(session_user) AS "user", pg_catalog.quote_ident(pg_catalog.current_database()) AS database,
    (SELECT CASE WHEN d.setrole <> 0 AND d.setdatabase <> 0 THEN 'for the role ' || r.rolname || ' in this database'
        WHEN d.setrole <> 0 THEN 'for the role ' || r.rolname WHEN d.setdatabase <> 0 THEN 'for this database' ELSE 'for all roles' END
     FROM pg_catalog.pg_db_role_setting AS d LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = d.setrole
     WHERE s.source IN ('user', 'database', 'database user', 'global')
       AND (d.setrole = 0 OR r.rolname = session_user) AND d.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database()))
       AND EXISTS (SELECT FROM pg_catalog.unnest(d.setconfig) AS c WHERE c ILIKE 'default_transaction_read_only=%')
     ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC LIMIT 1) AS place
  FROM pg_catalog.pg_settings AS s WHERE s.name = 'default_transaction_read_only' AND s.setting = 'on'`;
