/** Wrong designs of how long locks are waited for, as databases that change what is sent. */
import type { Database, Session } from '../../../src/executor/session.js';
import { withSessions } from '../../support/with-sessions.js';

/** A timeout meant for locks that block others, on a build that blocks nobody. */
export function withLockTimeout(database: Database, timeoutMs: number): Database {
  return withText(database, (sql) => sql.replace('SET lock_timeout = 0', `SET lock_timeout = ${timeoutMs}`));
}

/** A batch waits for rows longer than the server waits with looking for a deadlock. */
export function withLongWaits(database: Database): Database {
  return withText(database, (sql) => sql.replace(/lock_timeout = \d+/, 'lock_timeout = 20000'));
}

/** Every question about progress and blockers fails, as without the privilege or on a server at its limit. */
export function withoutLooks(database: Database, refused: () => void): Database {
  return withText(database, (sql) => {
    if (!/pg_blocking_pids|pg_stat_progress/.test(sql)) return sql;
    refused();
    return 'SELECT 1 / 0';
  });
}

function withText(database: Database, change: (sql: string) => string): Database {
  const changed = (session: Session): Session => ({
    query: (sql, parameters) => {
      const text = change(sql);
      return session.query(text, text === sql ? parameters : []);
    },
  });
  return withSessions(database, changed);
}
