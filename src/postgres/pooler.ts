/**
 * Whether a pooler stands before the server, and whether a session is one only for the time of a transaction there. Then whatever
 * is set for a session reaches whoever gets its connection next, and a lock of the session is never given back.
 */
import pg from 'pg';
import type { PgSession } from './pg-session.js';

export type Pooler = 'none' | 'session' | 'transaction';

/** `beside`: how to connect once more. Nothing is set, nothing is locked. */
export async function askPooler(lease: PgSession, beside: pg.ClientConfig): Promise<Pooler> {
  const ask = async (): Promise<number> =>
    (await lease.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')).rows[0]!.pid;
  // The process that greeted us is not the one that answers: a pooler makes numbers of its own up.
  if ((await ask()) === lease.processId) return 'none';
  // A pooler in transaction mode gives one process to two of us, or another one to the second question: shown only while somebody
  // else holds a transaction open. Where that cannot be found out, nothing is lost by being careful.
  const other = new pg.Client({ ...beside, connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS });
  other.on('error', () => undefined);
  try {
    await other.connect();
    for (let round = 1; round <= ROUNDS; round++) {
      const before = await ask();
      const answers = (await other.query(
        'BEGIN READ ONLY; SELECT pg_catalog.pg_backend_pid() AS pid',
      )) as unknown as readonly [unknown, pg.QueryResult<{ pid: number | string }>];
      const theirs = Number(answers[1].rows[0]!.pid);
      if (theirs === before || (await ask()) !== before) return 'transaction';
      await other.query('ROLLBACK');
    }
    return 'session';
  } catch {
    return 'transaction';
  } finally {
    await other.end().catch(() => undefined);
  }
}

const LIMIT_MS = 3_000;
const ROUNDS = 6;
