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
  /** What `work` returned, and every message that a client sent to this database meanwhile. */
  readonly loggedDuring: <T>(work: () => Promise<T>) => Promise<{ readonly result: T; readonly log: Log }>;
  readonly close: () => Promise<void>;
}

export interface Log {
  readonly sent: readonly SentMessage[];
  /** What the server refused, in its words. */
  readonly errors: readonly string[];
}

export interface SentMessage {
  readonly text: string;
  /** In a transaction that the server refused to go on with: an attempt, of which nothing stays. */
  readonly undone: boolean;
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
      const errors = between.filter(({ error_severity }) => error_severity === 'ERROR');
      return { result, log: { sent: messagesOf(between), errors: errors.map(({ message }) => message ?? '') } };
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
  readonly error_severity?: string;
}

/** `statement: …` of a simple message, with all its statements; `execute <unnamed>: …` of one with parameters. */
function sentIn({ message }: LogRecord): string | undefined {
  return /^(?:statement|execute [^:]*): (.*)$/s.exec(message ?? '')?.[1];
}

function messagesOf(records: readonly LogRecord[]): readonly SentMessage[] {
  const messages: { readonly text: string; undone: boolean }[] = [];
  const open = new Map<string, { readonly messages: typeof messages; refused: boolean }>();
  for (const record of records) {
    const [text, session] = [sentIn(record), record.session_id!];
    const transaction = open.get(session);
    if (transaction !== undefined && record.error_severity === 'ERROR') transaction.refused = true;
    if (text === undefined) continue;
    const message = { text, undone: false };
    messages.push(message);
    transaction?.messages.push(message);
    if (text.startsWith('BEGIN')) open.set(session, { messages: [message], refused: false });
    // After an error to which a savepoint went back, the rest is committed.
    if (text === 'ROLLBACK' && transaction?.refused === true)
      for (const each of transaction.messages) each.undone = true;
    if (/^(ROLLBACK|COMMIT)$/.test(text)) open.delete(session);
  }
  return messages;
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
