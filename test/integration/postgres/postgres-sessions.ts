/** Sessions of PostgreSQL, as the contract of sessions plays them. */
import { onTestFinished } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { SessionWorld } from '../../contracts/sessions.js';
import type { TestDatabase } from '../../support/database.js';
import { swallowingProxy } from './swallowing-proxy.js';

export async function postgresSessions(
  database: TestDatabase['database'],
  query: TestDatabase['query'],
  url: string,
): Promise<SessionWorld> {
  await query(`CREATE TABLE row (id int PRIMARY KEY, put boolean NOT NULL CHECK (put IS NOT NULL AND id > 0));
    INSERT INTO row SELECT g, false FROM generate_series(1, 100) AS g`);
  const count = async (sql: string): Promise<number> =>
    (await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))[0]!.n;
  const backends = 'pg_stat_activity WHERE datname = current_database()';
  return {
    database,
    open: () => new PgDatabase({ url }),
    unreachable: () => {
      const nowhere = new PgDatabase({ url: 'postgresql://postgres@127.0.0.1:1/postgres' });
      onTestFinished(() => nowhere.close());
      return nowhere;
    },
    async losing(statement, at) {
      const proxy = await swallowingProxy(statement === 'put' ? 'UPDATE row' : statement, at, url);
      onTestFinished(() => proxy.stop());
      return new PgDatabase({ url: proxy.url });
    },
    put: (n) => `UPDATE row SET put = true WHERE id = ${n}`,
    isPut: async (n) => (await count(`row WHERE put AND id = ${n}`)) === 1,
    refused: 'INSERT INTO row VALUES (0, true)',
    nothing: 'SELECT 1',
    stuck: 'SELECT pg_sleep(600)',
    stuckOnes: () => count(`${backends} AND wait_event = 'PgSleep'`),
    pidOf: async (session) => (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid,
    terminate: async (pid) => {
      await query('SELECT pg_terminate_backend($1)', [pid]);
    },
    waiting: () => count(`${backends} AND wait_event_type = 'Lock'`),
    pause: () => new Promise((resolve) => setTimeout(resolve, 10)),
  };
}
