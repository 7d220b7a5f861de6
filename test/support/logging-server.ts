/**
 * A server of its own whose log is read: what arrived there, in the order in which it arrived. Owns the settings of the
 * log and where a piece of it begins and ends; what the statements mean belongs to those who read them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { startThrowawayServer, type ThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { urlOfDatabase } from './database.js';

export interface LoggedDatabase {
  readonly url: string;
  /** For whatever is tested. */
  readonly database: PgDatabase;
  /** For what prepares a test; the log of `loggedDuring` leaves it out. */
  readonly query: (sql: string) => Promise<void>;
  /** What `work` returned, and the text of every message that a client sent to this database meanwhile. */
  readonly loggedDuring: <T>(
    work: () => Promise<T>,
  ) => Promise<{ readonly result: T; readonly sent: readonly string[] }>;
  readonly close: () => Promise<void>;
}

export function startLoggingServer(major: number): Promise<ThrowawayServer> {
  return startThrowawayServer({
    major,
    settings: {
      log_statement: 'all',
      // One line for a record, whatever the statement holds. Through the collector's pipe records come in order.
      logging_collector: 'on',
      log_destination: 'jsonlog',
      log_directory: 'log',
      log_filename: 'all.log',
      log_rotation_age: '0',
      log_rotation_size: '0',
      // It would take locks now and then, and with them another attempt would be made and logged.
      autovacuum: 'off',
    },
  });
}

export async function createLoggedDatabase(server: ThrowawayServer, name: string): Promise<LoggedDatabase> {
  const administrator = new PgDatabase({ url: server.url, maxSessions: 1 });
  await administrator.withSession((session) => session.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  await administrator.close();
  const url = urlOfDatabase(server.url, name);
  const database = new PgDatabase({ url });
  // One session: the one that sends the marks.
  const aside = new PgDatabase({ url, maxSessions: 1 });
  const query = async (sql: string): Promise<void> => {
    await aside.withSession((session) => session.query(sql));
  };
  let marks = 0;
  const mark = async (): Promise<string> => {
    const text = `SELECT 'mark ${++marks} of ${name}'`;
    await query(text);
    return text;
  };
  return {
    url,
    database,
    query,
    async loggedDuring(work) {
      const from = await mark();
      const result = await work();
      const to = await mark();
      const records = (await recordsUpTo(to, server)).filter(({ dbname }) => dbname === name);
      const [first, last] = [from, to].map((text) => records.findIndex((record) => sentIn(record) === text));
      const own = records[first!]!.session_id;
      const between = records.slice(first! + 1, last).filter(({ session_id }) => session_id !== own);
      return { result, sent: between.map(sentIn).filter((text) => text !== undefined) };
    },
    async close() {
      await Promise.all([database.close(), aside.close()]);
    },
  };
}

/** What we need of a record. */
interface LogRecord {
  readonly session_id?: string;
  readonly dbname?: string;
  readonly message?: string;
}

/** `statement: …` of a simple message, with all its statements; `execute <unnamed>: …` of one with parameters. */
function sentIn({ message }: LogRecord): string | undefined {
  return /^(?:statement|execute [^:]*): (.*)$/s.exec(message ?? '')?.[1];
}

/**
 * The server logs a statement before it runs it, and its answer comes after. So whatever was answered before the mark was
 * sent went into the pipe before the mark did; only the collector may not have written it yet.
 */
async function recordsUpTo(mark: string, { dataDirectory }: ThrowawayServer): Promise<readonly LogRecord[]> {
  for (let tries = 0; tries < 400; tries++) {
    const text = await readFile(join(dataDirectory, 'log', 'all.json'), 'utf8');
    const records = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogRecord);
    if (records.some((record) => sentIn(record) === mark)) return records;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the log of the server never showed ${mark}`);
}
