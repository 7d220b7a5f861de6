/** A session of the application: one transaction, whose steps the test gives one by one. */
import { DatabaseError, type Database, type Session } from '../../../../src/executor/session.js';
import type { Isolation } from './stage.js';

export interface Writer {
  readonly pid: number;
  /** Sends it. What came of it: `ok`, or the SQLSTATE; undefined while it waits. */
  readonly run: (sql: string) => Promise<void>;
  readonly ended: () => string | undefined;
  /** Gives the connection back. */
  readonly leave: () => Promise<void>;
}

/** BEGIN, and a first look that takes its snapshot where the isolation keeps one. */
export async function startWriter(
  database: Database,
  name: string,
  isolation: Isolation,
  look: string,
): Promise<Writer> {
  let end: () => void = () => undefined;
  const ending = new Promise<void>((resolve) => (end = resolve));
  let over: Promise<void> = Promise.resolve();
  const session = await new Promise<Session & { readonly pid: number }>((resolve, reject) => {
    over = database.withSession(async (own) => {
      const { rows } = await own.query<{ pid: number }>(
        `SET application_name = '${name}'; SET deadlock_timeout = '500ms'; BEGIN ISOLATION LEVEL ${isolation}; ${look}; SELECT pg_backend_pid() AS pid`,
      );
      resolve({ pid: rows[0]!.pid, query: (sql, parameters) => own.query(sql, parameters) });
      await ending;
      await own.query('ROLLBACK').catch(() => undefined);
    });
    over.catch(reject);
  });
  let state: string | undefined;
  return {
    pid: session.pid,
    async run(sql) {
      state = undefined;
      state = await session.query(sql).then(() => 'ok', sqlstateOf);
    },
    ended: () => state,
    async leave() {
      end();
      await over.catch(() => undefined);
    },
  };
}

export function sqlstateOf(error: unknown): string {
  if (!(error instanceof DatabaseError)) throw error;
  return error.facts.sqlstate ?? error.facts.kind;
}
