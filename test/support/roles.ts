/** A role that may log in, for one test: its name, its connection, and its end. */
import { PgDatabase } from '../../src/postgres/pg-database.js';
import type { TestDatabase } from './database.js';

export interface LoginRole {
  readonly role: string;
  readonly url: string;
  readonly database: PgDatabase;
  readonly query: (sql: string) => Promise<void>;
}

/** Roles are the server's: the name begins with the database's. With a password, since a container asks for one. */
export async function loginRole(
  { name, url, query }: Pick<TestDatabase, 'name' | 'url' | 'query'>,
  suffix: string,
  after: (cleanUp: () => Promise<void>) => void,
): Promise<LoginRole> {
  const role = `${name}_${suffix}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  const own = new URL(url);
  own.username = role;
  own.password = role;
  const database = new PgDatabase({ url: own.href, maxSessions: 4 });
  after(async () => {
    await database.close();
    await query(`DROP OWNED BY ${role} CASCADE`);
    await query(`DROP ROLE ${role}`);
  });
  return {
    role,
    url: own.href,
    database,
    query: async (sql) => {
      await database.withSession((session) => session.query(sql));
    },
  };
}
