/** Both databases of a case before it is played, and what they are at where it does not end. */
import type { Database } from '../../../src/executor/session.js';
import type { OracleCase } from './case.js';
import type { TwoDatabases } from './play-units.js';

/** A case whose schema no server takes is a defect of whoever drew it. */
export class Unloadable extends Error {}

export async function load({ schema }: OracleCase, database: Database): Promise<void> {
  await database.withSession(async (session) => {
    await session.query(FORGET);
    try {
      await session.query(schema.join(';\n'));
    } catch (error) {
      throw new Unloadable(String(error), { cause: error });
    }
  });
}

const FORGET = `DO $$ DECLARE s text; BEGIN
  FOR s IN SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' LOOP
    EXECUTE 'DROP SCHEMA ' || s || ' CASCADE';
  END LOOP;
  CREATE SCHEMA public;
END $$`;

/** Who waits for whom, where a case does not end. */
export async function activity({ beside: database, alone }: TwoDatabases): Promise<Error> {
  const names = await Promise.all(
    [database, alone].map((each) =>
      each.withSession(
        async (session) => (await session.query<{ name: string }>('SELECT current_database() AS name')).rows[0]!.name,
      ),
    ),
  );
  const { rows } = await database.withSession((session) =>
    session.query(
      `SELECT pid, application_name, datname, state, wait_event, now() - xact_start AS since, pg_blocking_pids(pid)::text AS blocked_by, left(query, 300) AS query FROM pg_stat_activity WHERE datname = ANY ($1) AND pid <> pg_backend_pid() ORDER BY pid`,
      [names],
    ),
  );
  await database.withSession((session) =>
    session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY ($1) AND pid <> pg_backend_pid()`,
      [names],
    ),
  );
  return new Error(`the case does not end:\n${rows.map((row) => JSON.stringify(row)).join('\n')}`);
}
