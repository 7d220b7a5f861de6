/** A new database for one test file. Owns its name, its creation and its end; the server belongs to server-setup. */
import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';

import type { Session } from '../../src/executor/session.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** The server's major version. */
  readonly major: number;
  /** For whatever is tested; a test may close it and open others by the URL. */
  readonly database: PgDatabase;
  /** The rows of the last statement. Over connections of its own, so that it works whatever happens to `database`. */
  readonly query: <Row = Record<string, unknown>>(
    sql: string,
    parameters?: readonly unknown[],
  ) => Promise<readonly Row[]>;
  /** The first column of the first row; undefined where there is no row. */
  readonly value: (sql: string, parameters?: readonly unknown[]) => Promise<unknown>;
}

/**
 * At the top of a test file: `const { database, query } = await testDatabase();`. Dropped after the file, whoever is
 * still connected; inside a test, hand in `onTestFinished`. Without `major` on the version that the run uses by default.
 */
export async function testDatabase({
  major,
  after = afterAll,
  role = process.env['LOCKSTEP_TEST_ROLE'],
}: {
  readonly major?: number;
  /** `runner`: what is tested logs in as a role that owns the tables of the test, and is no superuser. */
  readonly role?: string | undefined;
  readonly after?: (cleanUp: () => Promise<void>) => void;
} = {}): Promise<TestDatabase> {
  const servers = inject('servers');
  const wanted = major ?? servers.defaultMajor;
  const server = servers.urls[wanted];
  if (server === undefined) throw new Error(`no PostgreSQL ${wanted} for this test: ${servers.missing[wanted]}`);
  const name = `lockstep_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, (session) => session.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const asSuperuser = urlOfDatabase(server, name);
  const runner = role === 'runner' ? await runnerOf(server, name) : undefined;
  const url = runner === undefined ? asSuperuser : withLogin(asSuperuser, runner);
  const database = new PgDatabase({ url });
  const observer = new PgDatabase({ url: asSuperuser });
  after(async () => {
    await Promise.all([database.close(), observer.close()]);
    // FORCE ends the connections of everybody else, also of processes that a test killed.
    await onServer(server, async (session) => {
      await session.query(`DROP DATABASE ${name} WITH (FORCE)`);
      if (runner !== undefined) await session.query(`DROP ROLE ${runner}`);
    });
  });
  const query: TestDatabase['query'] = async <Row>(sql: string, parameters?: readonly unknown[]) =>
    (
      await observer.withSession(async (session) => {
        if (runner !== undefined) await session.query(`SET SESSION AUTHORIZATION ${runner}`);
        return session.query<Row>(sql, parameters);
      })
    ).rows;
  const value = async (sql: string, parameters?: readonly unknown[]): Promise<unknown> =>
    Object.values((await query(sql, parameters))[0] ?? {})[0];
  return { url, name, major: wanted, database, query, value };
}

/** The database and all that the test makes in it belong to the role that runs plans there. */
async function runnerOf(server: string, name: string): Promise<string> {
  const login = `${name}_runner`;
  await onServer(server, async (session) => {
    await session.query(`CREATE ROLE ${login} LOGIN PASSWORD '${login}'`);
    await session.query(`ALTER DATABASE ${name} OWNER TO ${login}`);
  });
  return login;
}

function withLogin(url: string, login: string): string {
  const changed = new URL(url);
  [changed.username, changed.password] = [login, login];
  return changed.href;
}

/** The same server, role and parameters; another database. */
export function urlOfDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function onServer(url: string, work: (session: Session) => Promise<unknown>): Promise<void> {
  const database = new PgDatabase({ url, maxSessions: 1 });
  try {
    await database.withSession(work);
  } finally {
    await database.close();
  }
}
