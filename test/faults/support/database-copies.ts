/** A database that is prepared once and copied for each case: the server copies its files, row versions and all. */
import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { urlOfDatabase, type TestDatabase } from '../../support/database.js';

export interface DatabaseCopy extends Pick<TestDatabase, 'url' | 'name' | 'database' | 'query'> {
  drop(): Promise<void>;
}

export interface OriginalDatabase {
  readonly name: string;
  copy(): Promise<DatabaseCopy>;
}

/**
 * `prepare` fills it, or goes on from what another one holds; from then on nobody connects to it. Dropped after the file, like
 * copies that were not.
 */
export async function originalDatabase(
  prepare: (database: PgDatabase) => Promise<void>,
  { from = 'template0', maxSessions }: { readonly from?: string; readonly maxSessions?: number } = {},
): Promise<OriginalDatabase> {
  const { urls, defaultMajor } = inject('servers');
  const server = urls[defaultMajor]!;
  const administrator = new PgDatabase({ url: server, maxSessions: 2 });
  const command = (sql: string) => administrator.withSession((session) => session.query(sql));
  const made = new Set<string>();
  const create = async (template: string): Promise<string> => {
    const name = `lockstep_test_${randomBytes(6).toString('hex')}`;
    await command(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    made.add(name);
    return name;
  };
  const drop = async (name: string): Promise<void> => {
    made.delete(name);
    await command(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  afterAll(async () => {
    for (const name of made) await drop(name);
    await administrator.close();
  });
  const original = await create(from);
  const database = new PgDatabase({
    url: urlOfDatabase(server, original),
    ...(maxSessions !== undefined && { maxSessions }),
  });
  await prepare(database);
  await database.close();
  return {
    name: original,
    async copy() {
      const name = await create(original);
      const url = urlOfDatabase(server, name);
      const own = new PgDatabase({ url });
      return {
        ...{ url, name, database: own },
        query: async <Row>(sql: string, parameters?: readonly unknown[]) =>
          (await own.withSession((session) => session.query<Row>(sql, parameters))).rows,
        async drop() {
          await own.close();
          await drop(name);
        },
      };
    },
  };
}
