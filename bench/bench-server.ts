/** The server that everything in one run of the benchmark is measured on: durable, as production is, and otherwise idle. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { PgDatabase } from '../src/postgres/pg-database.js';
import { startThrowawayServer, type ThrowawayServer } from '../src/postgres/server/throwaway-server.js';

export interface BenchServer {
  readonly url: string;
  readonly database: PgDatabase;
  readonly version: string;
  /** Several statements, each in a transaction of its own; none may hold a semicolon. */
  run(sql: string): Promise<void>;
  rows<Row>(sql: string): Promise<readonly Row[]>;
  /** An empty schema `public`, no journal, and nothing left to write from what was measured before. */
  clean(): Promise<void>;
  /** What the server has logged so far; each record begins with its process and the time, in seconds since 1970. */
  log(): Promise<string>;
  remove(): Promise<void>;
}

export const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
} as const;

export async function startBenchServer(): Promise<BenchServer> {
  const settings = { ...SETTINGS, log_line_prefix: '%p %n ' };
  const server: ThrowawayServer = await startThrowawayServer({ settings });
  const database = new PgDatabase({ url: server.url });
  const rows = <Row>(sql: string): Promise<readonly Row[]> =>
    database.withSession(async (session) => (await session.query<Row>(sql)).rows);
  const run = async (sql: string): Promise<void> => {
    await database.withSession(async (session) => {
      for (const statement of sql.split(';').filter((text) => text.trim() !== '')) await session.query(statement);
    });
  };
  const [{ version } = { version: '' }] = await rows<{ version: string }>('SHOW server_version').then((found) =>
    found.map((row) => ({ version: Object.values(row)[0]! })),
  );
  return {
    url: server.url,
    database,
    version,
    run,
    rows,
    clean: () =>
      run(`DROP SCHEMA IF EXISTS lockstep CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CHECKPOINT`),
    log: () => readFile(join(dirname(server.dataDirectory), 'server.log'), 'utf8'),
    remove: async () => {
      await database.close();
      await server.remove();
    },
  };
}
